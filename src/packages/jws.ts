/** The signature of a package as it is written: one spelling, and nothing beside it. */
import { SandboxError } from '../core/errors.ts';
import { parseJson } from '../core/json.ts';
import { fromBase64url } from './base64url.ts';
import { isCanonicalSignature } from './curve.ts';
import { ALGORITHM } from './keys.ts';

/** `typ` of the signature's header: no other kind of signature by the same key is taken for one. */
export const SIGNATURE_TYPE = 'citadel-package+jws';

const JWS = /^([\w-]{1,1000})\.([\w-]+)\.([\w-]{86})$/;
const HEADER_CHARS = 750;

/** Fields in the order in which they are written; there are no others. */
export const headerOf = (kid: string): { alg: string; typ: string; kid: string } => ({
  alg: ALGORITHM,
  typ: SIGNATURE_TYPE,
  kid,
});

const refuse = (problem: string): SandboxError => new SandboxError('SIGNATURE_INVALID', problem);

/** @throws SandboxError SIGNATURE_INVALID for what `signPackage` does not write */
export function readSignature(bytes: Uint8Array): { readonly jws: string; readonly kid: string } {
  // Latin-1, where each byte is a character: a BOM is three that do not belong here.
  const jws = new TextDecoder('latin1').decode(bytes);
  const [, header = '', payload = '', signature = ''] = JWS.exec(jws) ?? [];
  const [head, body, sign] = [header, payload, signature].map(fromBase64url);
  if (!head?.length || !body?.length || !sign?.length)
    throw refuse(
      'its signature is not written as signatures are: three parts in base64url, and nothing else',
    );
  if (!isCanonicalSignature(sign)) throw refuse('its signature is not written in its one form');
  const text = new TextDecoder().decode(head);
  const read = parseJson(text, { chars: HEADER_CHARS, depth: 1, bigIntegers: 'refuse', harmless: true });
  const kid = read.ok ? (read.value as { kid?: unknown } | null)?.kid : undefined;
  if (typeof kid !== 'string' || kid === '')
    throw refuse('its signature cannot be read, or does not name its key');
  if (text !== JSON.stringify(headerOf(kid)))
    throw refuse(`the header of its signature must be ${JSON.stringify(headerOf('…'))}`);
  return { jws, kid };
}
