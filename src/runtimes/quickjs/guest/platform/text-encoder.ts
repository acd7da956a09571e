import {
  Bytes,
  charCodeAt,
  slice,
  TypeErrorCtor,
  typedArrayLength,
  typedArrayName,
  typedArraySet,
} from './primordials.ts';
import { claim, expose, host, need, toStr, toUsv } from './webidl.ts';

/** How many units and bytes of `text` go into `room` bytes without cutting a character. */
function measure(text: string, room: number): { read: number; written: number } {
  let read = 0;
  let written = 0;
  while (read < text.length) {
    const unit = charCodeAt(text, read);
    const pair = unit >= 0xd800 && unit < 0xdc00 && (charCodeAt(text, read + 1) & 0xfc00) === 0xdc00;
    const size = unit < 0x80 ? 1 : unit < 0x800 ? 2 : pair ? 4 : 3;
    if (written + size > room) break;
    written += size;
    read += pair ? 2 : 1;
  }
  return { read, written };
}

class TextEncoder {
  readonly #brand = true;

  constructor() {
    claim();
  }

  get encoding(): string {
    this.#brand;
    return 'utf-8';
  }

  encode(text: unknown = ''): Uint8Array {
    this.#brand;
    return new Bytes(host.utf8Encode(toUsv(text)));
  }

  encodeInto(text: unknown, into: unknown): { read: number; written: number } {
    this.#brand;
    need(arguments.length, 2, 'TextEncoder.encodeInto');
    const source = toStr(text);
    if (typedArrayName(into) !== 'Uint8Array')
      throw new TypeErrorCtor('encodeInto: the target must be a Uint8Array');
    const room = typedArrayLength(into);
    // No character takes more than three bytes a unit: most calls need no measuring.
    const fits = source.length * 3 <= room;
    const done = fits ? { read: source.length, written: 0 } : measure(source, room);
    const bytes = new Bytes(host.utf8Encode(toUsv(slice(source, 0, done.read))));
    typedArraySet(into, bytes);
    done.written = typedArrayLength(bytes);
    return done;
  }
}

export function installTextEncoder(): void {
  expose('TextEncoder', TextEncoder);
}
