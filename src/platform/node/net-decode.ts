/** Content codings, taken off while the body streams. */
import type { Duplex } from 'node:stream';
import * as zlib from 'node:zlib';
import { createBrotliDecompress, createGunzip, createInflate, createInflateRaw } from 'node:zlib';
import { NetError } from '../net.ts';

/** 8 MiB: what RFC 9659 lets a server expect. A frame could ask for 128 MiB otherwise. */
const ZSTD_WINDOW_LOG = 23;

/** Newer than the oldest Node.js this runs on. */
const createZstd: (() => Duplex) | undefined =
  typeof zlib.createZstdDecompress === 'function'
    ? () =>
        zlib.createZstdDecompress({
          params: { [zlib.constants.ZSTD_d_windowLogMax]: ZSTD_WINDOW_LOG },
        })
    : undefined;

/** For `Accept-Encoding`. */
export const ACCEPTED: string = `gzip, deflate, br${createZstd === undefined ? '' : ', zstd'}`;

/**
 * The one coding of a body, `null` for none.
 * @throws NetError for an unknown one, and for several on top of each other: what the inner ones expand to is never
 * seen, so nothing could bound the work.
 */
export function codingOf(values: readonly string[]): string | null {
  const codings = values
    .join(',')
    .split(',')
    .map(coding => coding.trim().toLowerCase())
    .filter(coding => coding !== '' && coding !== 'identity');
  const [coding] = codings;
  if (coding === undefined) return null;
  if (codings.length > 1)
    throw new NetError('decode', `${codings.length} content codings; only one is decoded`);
  if (coding === 'x-gzip') return 'gzip';
  if (!ACCEPTED.split(', ').includes(coding)) throw new NetError('decode', 'unknown content coding');
  return coding;
}

/** @param first the first byte of the body, which tells a zlib stream from a bare one */
export function createDecoder(coding: string, first: number): Duplex {
  switch (coding) {
    case 'gzip':
      return createGunzip();
    case 'br':
      return createBrotliDecompress();
    case 'deflate':
      // Both are called deflate in the wild: the low bits of a zlib header always name method 8.
      return (first & 0x0f) === 8 ? createInflate() : createInflateRaw();
    default:
      if (coding === 'zstd' && createZstd !== undefined) return createZstd();
      throw new NetError('decode', 'unknown content coding');
  }
}
