/** What one package may come to. Fixed: a package is small, and whoever receives one has not seen its manifest yet. */
const MiB = 1024 * 1024;

export const PACKAGE_CAPS: Readonly<
  Record<'packedBytes' | 'unpackedBytes' | 'fileBytes' | 'files' | 'ratio' | 'ratioFromBytes', number>
> = Object.freeze({
  /** Of the archive. */
  packedBytes: 32 * MiB,
  /** Of all files together. */
  unpackedBytes: 64 * MiB,
  /** Of one file: no module may be larger either. */
  fileBytes: 32 * MiB,
  files: 1000,
  /** A file that unpacks to more than this times its packed size is refused, */
  ratio: 200,
  /** unless it is smaller than this when unpacked. */
  ratioFromBytes: MiB,
});
