/** The guest's memory as the calls see it: every range is checked before anything is read, written or allocated. */
import { wasi } from '@bjorn3/browser_wasi_shim';
import { utf8Decode } from '../../cell/utf8.ts';
import { Errno } from '../fs/index.ts';

export interface Range {
  readonly at: number;
  readonly length: number;
}

/** As many as Linux takes in one call. */
const MAX_VECTORS = 1024;
const MAX_PATH_BYTES = 4096;

export class GuestMemory {
  readonly #memory: WebAssembly.Memory;

  constructor(memory: WebAssembly.Memory) {
    this.#memory = memory;
  }

  /** A view of a range: valid until the memory grows. @throws Errno FAULT */
  bytes(at: number, length: number): Uint8Array {
    const { buffer } = this.#memory;
    // Both are below 2³², so their sum is exact.
    if (at + length > buffer.byteLength) throw new Errno(wasi.ERRNO_FAULT);
    return new Uint8Array(buffer, at, length);
  }

  /** @throws Errno FAULT */
  view(at: number, length: number): DataView {
    const { buffer } = this.#memory;
    if (at + length > buffer.byteLength) throw new Errno(wasi.ERRNO_FAULT);
    return new DataView(buffer, at, length);
  }

  setU32(at: number, value: number): void {
    this.view(at, 4).setUint32(0, value, true);
  }

  setU64(at: number, value: bigint): void {
    this.view(at, 8).setBigUint64(0, value, true);
  }

  /** A copy of the guest's path. @throws Errno FAULT, NAMETOOLONG or ILSEQ */
  path(at: number, length: number): string {
    if (length > MAX_PATH_BYTES) throw new Errno(wasi.ERRNO_NAMETOOLONG);
    const text = utf8Decode(this.bytes(at, length).slice(), true);
    if (text === null) throw new Errno(wasi.ERRNO_ILSEQ);
    return text;
  }

  /** Where a scattered read or write goes; each range is checked, and none overlong in sum. @throws Errno */
  vectors(at: number, count: number): readonly Range[] {
    if (count > MAX_VECTORS) throw new Errno(wasi.ERRNO_INVAL);
    const list = this.view(at, count * 8);
    const ranges: Range[] = [];
    let total = 0;
    for (let i = 0; i < count; i++) {
      const range = { at: list.getUint32(i * 8, true), length: list.getUint32(i * 8 + 4, true) };
      total += range.length;
      // The answer is a signed size to many callers.
      if (total > 0x7fff_ffff) throw new Errno(wasi.ERRNO_INVAL);
      this.bytes(range.at, range.length);
      if (range.length > 0) ranges.push(range);
    }
    return ranges;
  }
}
