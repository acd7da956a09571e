/** Takes known byte strings out of a stream, wherever its pieces are cut. */
import { concatBytes } from '../core/bytes.ts';

export interface Replacement {
  /** What must not pass. */
  readonly bytes: Uint8Array;
  /** What passes instead. */
  readonly instead: Uint8Array;
}

export interface StreamRedactor {
  /** What can pass of everything seen so far. May be empty: what could be the beginning of a match waits. */
  push(bytes: Uint8Array): Uint8Array;
  /** What still waited. */
  end(): Uint8Array;
}

export function createStreamRedactor(replacements: readonly Replacement[]): StreamRedactor {
  // The longest first: one may begin with another.
  const all = replacements
    .filter(({ bytes }) => bytes.length > 0)
    .sort((a, b) => b.bytes.length - a.bytes.length);
  const begins = new Uint8Array(256);
  for (const { bytes } of all) begins[bytes[0] ?? 0] = 1;
  const longest = all[0]?.bytes.length ?? 0;
  let waiting: Uint8Array = new Uint8Array(0);

  const replace = (data: Uint8Array, isEnd: boolean): Uint8Array => {
    const parts: Uint8Array[] = [];
    let from = 0;
    let at = 0;
    const held = isEnd ? 0 : heldBack(data, all, begins, longest);
    while (at < data.length - held) {
      const match =
        begins[data[at] ?? 0] === 1 ? all.find(({ bytes }) => startsWith(data, at, bytes)) : undefined;
      if (match === undefined) {
        at += 1;
        continue;
      }
      parts.push(data.subarray(from, at), match.instead);
      at += match.bytes.length;
      from = at;
    }
    // A match may reach into what was held back.
    const end = Math.max(from, data.length - held);
    parts.push(data.subarray(from, end));
    waiting = data.slice(end);
    return parts.length === 1 ? (parts[0] ?? data) : concatBytes(parts);
  };

  return {
    push: bytes => replace(waiting.length === 0 ? bytes : concatBytes([waiting, bytes]), false),
    end: () => replace(waiting, true),
  };
}

/** How many of the last bytes could be the beginning of a match. */
function heldBack(
  data: Uint8Array,
  all: readonly Replacement[],
  begins: Uint8Array,
  longest: number,
): number {
  for (let at = Math.max(0, data.length - longest + 1); at < data.length; at++) {
    if (begins[data[at] ?? 0] === 0) continue;
    const length = data.length - at;
    if (all.some(({ bytes }) => bytes.length > length && isEqual(data, at, bytes, length))) return length;
  }
  return 0;
}

function startsWith(data: Uint8Array, at: number, bytes: Uint8Array): boolean {
  return at + bytes.length <= data.length && isEqual(data, at, bytes, bytes.length);
}

function isEqual(data: Uint8Array, at: number, bytes: Uint8Array, length: number): boolean {
  for (let i = 0; i < length; i++) if (data[at + i] !== bytes[i]) return false;
  return true;
}
