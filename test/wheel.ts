/** Wheels for tests: a ZIP archive of texts, packed as wheels are. Runs in Node.js and in pages. */

type Bytes = Uint8Array<ArrayBuffer>;

export interface WheelFile {
  readonly name: string;
  readonly contents: string;
  /** What the directory says instead of the truth. */
  readonly claimedBytes?: number;
  readonly method?: number;
  readonly flags?: number;
}

const CRC: readonly number[] = Array.from({ length: 256 }, (_, n) => {
  let crc = n;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb8_8320 : crc >>> 1;
  return crc >>> 0;
});

function crc32(bytes: Bytes): number {
  let crc = 0xffff_ffff;
  for (const byte of bytes) crc = (CRC[(crc ^ byte) & 0xff] as number) ^ (crc >>> 8);
  return ~crc >>> 0;
}

async function deflate(bytes: Bytes): Promise<Bytes> {
  const stream = new Blob([bytes]).stream().pipeThrough(new CompressionStream('deflate-raw'));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

function joined(parts: readonly Bytes[]): Bytes {
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** Little-endian numbers: pairs of value and bytes. */
function numbers(...pairs: readonly (readonly [number, 2 | 4])[]): Bytes {
  const bytes = new Uint8Array(pairs.reduce((sum, [, size]) => sum + size, 0));
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const [value, size] of pairs) {
    if (size === 2) view.setUint16(at, value, true);
    else view.setUint32(at, value, true);
    at += size;
  }
  return bytes;
}

export async function zip(files: readonly WheelFile[]): Promise<Bytes> {
  const local: Bytes[] = [];
  const directory: Bytes[] = [];
  let offset = 0;
  for (const { name, contents, claimedBytes, method = 8, flags = 0x800 } of files) {
    const [path, plain] = [name, contents].map(text => new TextEncoder().encode(text)) as [Bytes, Bytes];
    const packed = method === 8 ? await deflate(plain) : plain;
    const common = numbers(
      [flags, 2],
      [method, 2],
      [0, 2],
      [0x21, 2],
      [crc32(plain), 4],
      [packed.length, 4],
      [claimedBytes ?? plain.length, 4],
      [path.length, 2],
      [0, 2],
    );
    const entry = joined([numbers([0x0403_4b50, 4], [20, 2]), common, path, packed]);
    local.push(entry);
    directory.push(
      numbers([0x0201_4b50, 4], [20, 2], [20, 2]),
      common,
      numbers([0, 2], [0, 2], [0, 2], [0, 4], [offset, 4]),
      path,
    );
    offset += entry.length;
  }
  const size = directory.reduce((sum, { length }) => sum + length, 0);
  const end = numbers(
    [0x0605_4b50, 4],
    [0, 4],
    [files.length, 2],
    [files.length, 2],
    [size, 4],
    [offset, 4],
    [0, 2],
  );
  return joined([...local, ...directory, end]);
}

export async function sha256(bytes: Bytes): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return Array.from(digest, byte => byte.toString(16).padStart(2, '0')).join('');
}

export interface TestWheel {
  readonly fileName: string;
  readonly bytes: Bytes;
  readonly sha256: string;
}

/** A wheel of these files, and of what every wheel has. */
export async function wheel(
  files: Readonly<Record<string, string>> | readonly WheelFile[],
  fileName = 'demo-1.0-py3-none-any.whl',
): Promise<TestWheel> {
  const listed = Array.isArray(files)
    ? (files as readonly WheelFile[])
    : Object.entries(files).map(([name, contents]) => ({ name, contents: contents as string }));
  const [project = 'demo', version = '1.0'] = fileName.split('-');
  const info = `${project}-${version}.dist-info`;
  const bytes = await zip([
    ...listed,
    { name: `${info}/METADATA`, contents: `Metadata-Version: 2.1\nName: ${project}\nVersion: ${version}\n` },
    { name: `${info}/WHEEL`, contents: 'Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n' },
    { name: `${info}/RECORD`, contents: '' },
  ]);
  return { fileName, bytes, sha256: await sha256(bytes) };
}
