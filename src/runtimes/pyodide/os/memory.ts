/** The guest's memory as system calls see it. Views are made anew when it grows. */
import { utf8Decode, utf8Encode } from '../../cell/utf8.ts';
import { fail } from './errno.ts';

const MAX_PATH_BYTES = 4096;

export class GuestMemory {
  readonly memory: WebAssembly.Memory;
  bytes: Uint8Array<ArrayBuffer>;
  view: DataView<ArrayBuffer>;

  constructor(memory: WebAssembly.Memory) {
    this.memory = memory;
    this.bytes = new Uint8Array(memory.buffer as ArrayBuffer);
    this.view = new DataView(memory.buffer as ArrayBuffer);
  }

  refresh(): void {
    this.bytes = new Uint8Array(this.memory.buffer as ArrayBuffer);
    this.view = new DataView(this.memory.buffer as ArrayBuffer);
  }

  /** A part of the memory; never shorter than asked for. */
  range(pointer: number, length: number): Uint8Array<ArrayBuffer> {
    const start = pointer >>> 0;
    const count = length >>> 0;
    if (start + count > this.bytes.length) fail('EFAULT');
    return this.bytes.subarray(start, start + count);
  }

  /** Text that ends with NUL. What is not UTF-8 has no form on the host: a name of U+FFFD would be another one. */
  text(pointer: number): string {
    const start = pointer >>> 0;
    const end = this.bytes.subarray(start, start + MAX_PATH_BYTES + 1).indexOf(0);
    if (end < 0) fail('ENAMETOOLONG');
    return utf8Decode(this.bytes.subarray(start, start + end), true) ?? fail('EILSEQ');
  }

  /** Text and its NUL, if there is room; answers the bytes written, or needed. */
  putText(pointer: number, room: number, text: string): number {
    const encoded = utf8Encode(text);
    if (encoded.length + 1 > room) return -1;
    const target = this.range(pointer, encoded.length + 1);
    target.set(encoded);
    target[encoded.length] = 0;
    return encoded.length + 1;
  }
}
