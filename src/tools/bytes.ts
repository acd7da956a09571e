/** Hashes and base64 of texts, bytes and values. */
import { md5, sha1 } from '@noble/hashes/legacy.js';
import { sha256, sha512 } from '@noble/hashes/sha2.js';
import { sha3_256 } from '@noble/hashes/sha3.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import { sizeOf } from '../core/measure.ts';
import type { Value } from '../core/value.ts';
import { fromBase64, toBase64 } from './base64.ts';
import { failure } from './failure.ts';
import type { Prepared, Tool } from './types.ts';

/** Types, not interfaces, so that they count as plain JSON. */
export type HashConfig = { readonly algorithm: string; readonly encoding: 'hex' | 'base64' };
export type Base64Config = { readonly op: 'encode' | 'decode'; readonly as: 'text' | 'bytes' };

const HASHES: Readonly<Record<string, (bytes: Uint8Array) => Uint8Array>> = {
  'sha-256': sha256,
  'sha-512': sha512,
  'sha3-256': sha3_256,
  'sha-1': sha1,
  md5,
};
export const HASH_NAMES: readonly string[] = Object.freeze(Object.keys(HASHES));

/** Hashes read two bytes a step, texts of values need some more. */
const STEPS = 100;

const utf8 = new TextEncoder();

/** Of text its UTF-8; of bytes themselves; of everything else its JSON. */
function bytesOf(value: Value): Uint8Array {
  if (value instanceof Uint8Array) return value;
  if (typeof value === 'string') return utf8.encode(value);
  const json = JSON.stringify(value);
  if (json === undefined) throw failure('NODE_FAILED', 'there is nothing: correct config.from');
  return utf8.encode(json);
}

const cost = (value: Value, most: number): number => {
  const isFlat = typeof value === 'string' || value instanceof Uint8Array;
  return STEPS + sizeOf(value, most) * (isFlat ? 1 : 2);
};

/** `{ algorithm, encoding }` and a value. */
export const hash: Tool<HashConfig> = {
  weight: () => 1,
  prepare: ({ algorithm, encoding }): Prepared => {
    const digest = Object.hasOwn(HASHES, algorithm) ? (HASHES[algorithm] ?? sha256) : sha256;
    const encode = encoding === 'hex' ? bytesToHex : toBase64;
    return { cost, run: value => encode(digest(bytesOf(value))) };
  },
};

const decodeText = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function decode(value: Value, as: 'text' | 'bytes'): Value {
  const asText = as === 'text';
  try {
    const bytes = fromBase64(String(value).replaceAll('-', '+').replaceAll('_', '/'));
    if (!asText) return bytes;
    // A byte order mark is no part of the text; realms differ in whether their decoders leave it.
    const isMarked = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
    return decodeText.decode(isMarked ? bytes.subarray(3) : bytes);
  } catch {
    throw failure('NODE_FAILED', asText ? 'this is no base64 of a text' : 'this is no base64');
  }
}

/** `{ op, as }` and a value. */
export const base64: Tool<Base64Config> = {
  weight: () => 1,
  prepare: ({ op, as }): Prepared => ({
    cost,
    run: op === 'encode' ? value => toBase64(bytesOf(value)) : value => decode(value, as),
  }),
};
