/**
 * The state every run begins with: the engine's memory after the interpreter has started, imported what most programs
 * import, and loaded the driver. `u32 metaLength, meta (JSON), memory from address 0 on`.
 */
import { utf8Decode, utf8Encode } from '../cell/utf8.ts';

export interface SnapshotMeta {
  /** SHA-256 of the wasm it was made with: addresses hold for exactly this one. */
  readonly engine: string;
  /** Pointers to the driver's functions. */
  readonly begin: number;
  readonly resume: number;
  readonly stackPointer: number;
}

export interface Snapshot {
  readonly meta: SnapshotMeta;
  readonly memory: Uint8Array<ArrayBuffer>;
}

export function readSnapshot(bytes: Uint8Array<ArrayBuffer>): Snapshot {
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
  const meta = JSON.parse(utf8Decode(bytes.subarray(4, 4 + length), true) ?? 'null') as SnapshotMeta;
  return { meta, memory: bytes.subarray(4 + length) };
}

export function writeSnapshot({ meta, memory }: Snapshot): Uint8Array<ArrayBuffer> {
  const text = utf8Encode(JSON.stringify(meta));
  const bytes = new Uint8Array(4 + text.length + memory.length);
  new DataView(bytes.buffer).setUint32(0, text.length, true);
  bytes.set(text, 4);
  bytes.set(memory, 4 + text.length);
  return bytes;
}
