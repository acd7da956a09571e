/**
 * The input of a run that also has files: `u32 length` (little-endian), the encoded input, then the files as one
 * encoded value, a Map of path → bytes. Both ends are ours.
 */

export function packInbox(input: Uint8Array, files: Uint8Array): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(4 + input.length + files.length);
  new DataView(bytes.buffer).setUint32(0, input.length, true);
  bytes.set(input, 4);
  bytes.set(files, 4 + input.length);
  return bytes;
}

export function unpackInbox(bytes: Uint8Array): { input: Uint8Array; files: Uint8Array } {
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
  return { input: bytes.subarray(4, 4 + length), files: bytes.subarray(4 + length) };
}
