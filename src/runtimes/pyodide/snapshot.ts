/**
 * The state every run begins with: the engine's memory after the interpreter has started, imported what most programs
 * import, and loaded the driver. `u32 metaLength, meta (JSON)`, then the parts of the memory that are not zero.
 */
import { utf8Decode, utf8Encode } from '../cell/utf8.ts';

export interface SnapshotMeta {
  /** SHA-256 of the wasm it was made with: addresses hold for exactly this one. */
  readonly engine: string;
  /** Pointers to the driver's functions. */
  readonly begin: number;
  readonly resume: number;
  readonly stackPointer: number;
  /** End of the heap. */
  readonly end: number;
  /** `[start, length]` of each part, in ascending order; everything between them is zero. */
  readonly parts: readonly (readonly [number, number])[];
}

/**
 * The C stack is ten megabytes, of which a run touches a few kilobytes: it is cleared downwards until so much of it was
 * clean. No frame of the interpreter is nearly as large.
 */
const CLEAN_BYTES = 512 * 1024;
const CHUNK_BYTES = 64 * 1024;

/** Shorter stretches of zeros are part of what is around them. */
const GAP_BYTES = 64 * 1024;

export class Snapshot {
  readonly meta: SnapshotMeta;
  readonly #data: Uint8Array<ArrayBuffer>;

  constructor(meta: SnapshotMeta, data: Uint8Array<ArrayBuffer>) {
    this.meta = meta;
    this.#data = data;
  }

  /** Puts it into a memory that may hold anything; the whole memory is then what it was. */
  restore(memory: Uint8Array): void {
    let from = 0;
    let at = 0;
    for (const [start, length] of this.meta.parts) {
      if (this.#isStack(at, start)) clearDownwards(memory, at, start);
      else memory.fill(0, at, start);
      memory.set(this.#data.subarray(from, from + length), start);
      from += length;
      at = start + length;
    }
    memory.fill(0, at);
  }

  /** Whether this gap is the unused part of the stack. */
  #isStack(from: number, to: number): boolean {
    const { stackPointer } = this.meta;
    return (
      from < stackPointer && to <= stackPointer && stackPointer - to < CLEAN_BYTES && to - from > CLEAN_BYTES
    );
  }

  /** Puts it into a memory that is all zero. */
  fill(memory: Uint8Array): void {
    let from = 0;
    for (const [start, length] of this.meta.parts) {
      memory.set(this.#data.subarray(from, from + length), start);
      from += length;
    }
  }

  encode(): Uint8Array<ArrayBuffer> {
    const text = utf8Encode(JSON.stringify(this.meta));
    const bytes = new Uint8Array(4 + text.length + this.#data.length);
    new DataView(bytes.buffer).setUint32(0, text.length, true);
    bytes.set(text, 4);
    bytes.set(this.#data, 4 + text.length);
    return bytes;
  }
}

export function readSnapshot(bytes: Uint8Array<ArrayBuffer>): Snapshot {
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
  const meta = JSON.parse(utf8Decode(bytes.subarray(4, 4 + length), true) ?? 'null') as SnapshotMeta;
  return new Snapshot(meta, bytes.subarray(4 + length));
}

/** A snapshot of a memory whose heap ends at `meta.end`. */
export function takeSnapshot(memory: Uint8Array, meta: Omit<SnapshotMeta, 'parts'>): Snapshot {
  const parts: [number, number][] = [];
  for (let at = 0; at < meta.end; ) {
    const start = nextNonZero(memory, at, meta.end);
    if (start === meta.end) break;
    let end = start + 1;
    for (let probe = end; probe < meta.end; probe++) {
      if (memory[probe] !== 0) end = probe + 1;
      else if (probe - end >= GAP_BYTES) break;
    }
    parts.push([start, end - start]);
    at = end;
  }
  const data = new Uint8Array(parts.reduce((sum, [, length]) => sum + length, 0));
  let into = 0;
  for (const [start, length] of parts) {
    data.set(memory.subarray(start, start + length), into);
    into += length;
  }
  return new Snapshot({ ...meta, parts }, data);
}

function clearDownwards(memory: Uint8Array, from: number, to: number): void {
  let clean = 0;
  for (let end = to; end > from && clean < CLEAN_BYTES; end -= CHUNK_BYTES) {
    const chunk = memory.subarray(Math.max(from, end - CHUNK_BYTES), end);
    if (isZero(chunk)) clean += CHUNK_BYTES;
    else {
      chunk.fill(0);
      clean = 0;
    }
  }
}

function isZero(bytes: Uint8Array): boolean {
  const { buffer, byteOffset, byteLength } = bytes;
  const head = Math.min(byteLength, -byteOffset & 7);
  for (let i = 0; i < head; i++) if (bytes[i] !== 0) return false;
  const words = new Uint32Array(buffer, byteOffset + head, (byteLength - head) >> 2);
  for (let i = 0; i < words.length; i++) if (words[i] !== 0) return false;
  for (let i = head + words.length * 4; i < byteLength; i++) if (bytes[i] !== 0) return false;
  return true;
}

function nextNonZero(memory: Uint8Array, from: number, end: number): number {
  let at = from;
  while (at < end && memory[at] === 0) at++;
  return at;
}
