/** Ed25519 keys as JSON Web Keys. */
import { calculateJwkThumbprint, exportJWK, generateKeyPair, importJWK } from 'jose';
import { SandboxError } from '../core/errors.ts';
import { fromBase64url } from './base64url.ts';
import { isWeakPoint } from './curve.ts';

/** RFC 8037. `x` is the public key, base64url. */
export interface PublicKey {
  readonly kty: 'OKP';
  readonly crv: 'Ed25519';
  readonly x: string;
  /** Default: the thumbprint of RFC 7638, by which any two sides name a key alike. */
  readonly kid?: string;
}

export interface PrivateKey extends PublicKey {
  readonly d: string;
  readonly kid: string;
}

export interface KeyPair {
  readonly publicKey: PublicKey & { readonly kid: string };
  readonly privateKey: PrivateKey;
}

/** The only algorithm. A key cannot be used with another, whatever a signature says of itself. */
export const ALGORITHM = 'Ed25519';

/** 32 bytes in base64url. */
const POINT_CHARS = 43;
const KEY_ID = /^[A-Za-z0-9_.:-]{1,128}$/;

const invalid = (message: string): SandboxError => new SandboxError('INVALID_ARGUMENT', message);

export async function generateKeys(): Promise<KeyPair> {
  const pair = await generateKeyPair(ALGORITHM, { extractable: true });
  const { x = '', d = '' } = await exportJWK(pair.privateKey);
  const kid = await calculateJwkThumbprint({ kty: 'OKP', crv: 'Ed25519', x });
  const publicKey = { kty: 'OKP', crv: 'Ed25519', x, kid } as const;
  return { publicKey, privateKey: { ...publicKey, d } };
}

/** 32 bytes in their one spelling, or `null`. */
const pointOf = (text: unknown): Uint8Array | null =>
  typeof text === 'string' && text.length === POINT_CHARS ? fromBase64url(text) : null;

/** A copy with its key id. @throws SandboxError INVALID_ARGUMENT */
export async function checkPublicKey(
  key: unknown,
  path: string,
): Promise<PublicKey & { readonly kid: string }> {
  if (typeof key !== 'object' || key === null)
    throw invalid(`${path} must be a JSON Web Key, such as citadel keygen writes`);
  const { kty, crv, x, kid, d } = key as Readonly<Record<string, unknown>>;
  if (d !== undefined) throw invalid(`${path} is a private key; only its public half belongs here`);
  const point = pointOf(x);
  if (kty !== 'OKP' || crv !== 'Ed25519' || typeof x !== 'string' || point === null)
    throw invalid(`${path} must be an Ed25519 public key: {"kty":"OKP","crv":"Ed25519","x":"…"}`);
  if (isWeakPoint(point))
    throw invalid(`${path} must be another key: its point is of small order, so that it is nobody’s`);
  if (kid !== undefined && (typeof kid !== 'string' || !KEY_ID.test(kid)))
    throw invalid(`${path}.kid must be 1 to 128 letters, digits and . _ : -`);
  return { kty, crv, x, kid: kid ?? (await calculateJwkThumbprint({ kty, crv, x })) };
}

export async function importPrivateKey(key: unknown): Promise<{ key: CryptoKey; kid: string }> {
  if (typeof key !== 'object' || key === null)
    throw invalid('the key must be a JSON Web Key, such as citadel keygen writes');
  const { d, ...rest } = key as Readonly<Record<string, unknown>>;
  const { kty, crv, x, kid } = await checkPublicKey(rest, 'the key');
  if (typeof d !== 'string' || pointOf(d) === null)
    throw invalid('the key is no private key: its d is missing');
  try {
    return { key: (await importJWK({ kty, crv, x, d }, ALGORITHM)) as CryptoKey, kid };
  } catch (cause) {
    throw new SandboxError('INVALID_ARGUMENT', 'the key does not belong together: its d is not of its x', {
      cause,
    });
  }
}
