/** Whether a package comes from whom the operator trusts, unchanged. Anything unclear is a refusal. */
import { compactVerify, importJWK } from 'jose';
import { SandboxError } from '../core/errors.ts';
import { parseJson } from '../core/json.ts';
import { cleanLine } from '../core/text.ts';
import { compareVersions, isPluginName, parseVersion } from '../policy/manifest/index.ts';
import { type FileDigest, SIGNATURE_FILE } from './digest.ts';
import { readSignature } from './jws.ts';
import { ALGORITHM, checkPublicKey, type PublicKey } from './keys.ts';
import { type OpenPackage, openingPackage } from './package.ts';
import { inSlices } from './slices.ts';

export interface TrustedKey {
  readonly key: PublicKey;
  /** Names of plugins it may sign; `acme.*` is every name that begins with `acme.`. Default: every plugin. */
  readonly plugins?: readonly string[];
  /** ISO dates between which signatures of this key count. Default: always. */
  readonly notBefore?: string;
  readonly notAfter?: string;
}

/** `signature` of a manager. */
export interface SignaturePolicy {
  /** True refuses packages without a signature of one of the keys. Default: true. */
  readonly required?: boolean;
  /** At most 100. */
  readonly publicKeys?: readonly TrustedKey[];
  readonly revoked?: {
    /** Ids of keys. */
    readonly keys?: readonly string[];
    /** Digests of packages. */
    readonly digests?: readonly string[];
    /** Plugin → the lowest version that may be installed. */
    readonly below?: Readonly<Record<string, string>>;
  };
}

export interface VerifiedPackage extends OpenPackage {
  /** Of the key that signed it; `null` for a package without a signature that counts. */
  readonly keyId: string | null;
  /** Seconds since 1970, from the signature. */
  readonly signedAt: number | null;
}

interface CheckedKey {
  readonly key: PublicKey & { readonly kid: string };
  readonly plugins: readonly string[] | null;
  readonly from: number;
  readonly to: number;
}

export interface CheckedSignaturePolicy {
  readonly required: boolean;
  readonly keys: ReadonlyMap<string, CheckedKey>;
  readonly revokedKeys: ReadonlySet<string>;
  readonly revokedDigests: ReadonlySet<string>;
  readonly below: ReadonlyMap<string, string>;
}

/** Clocks of two machines differ. */
const SKEW_SECONDS = 60;
const SIGNATURE_BYTES = 512 * 1024;
const KEYS = 100;

const refuse = (message: string): SandboxError => new SandboxError('SIGNATURE_INVALID', message);
const invalid = (message: string): SandboxError => new SandboxError('INVALID_ARGUMENT', message);

/** @throws SandboxError INVALID_ARGUMENT */
export async function checkSignaturePolicy(policy: SignaturePolicy = {}): Promise<CheckedSignaturePolicy> {
  only(policy, 'signature', ['required', 'publicKeys', 'revoked']);
  const { required = true, publicKeys = [], revoked = {} } = policy;
  if (typeof required !== 'boolean') throw invalid('signature.required must be true or false');
  if (!Array.isArray(publicKeys) || publicKeys.length > KEYS)
    throw invalid(`signature.publicKeys must be an array of at most ${KEYS} keys`);
  only(revoked, 'signature.revoked', ['keys', 'digests', 'below']);
  const keys = new Map<string, CheckedKey>();
  for (const [i, trusted] of (publicKeys as TrustedKey[]).entries()) {
    const checked = await checkTrusted(trusted, `signature.publicKeys[${i}]`);
    if (keys.has(checked.key.kid))
      throw invalid(`signature.publicKeys has two keys with the id ${checked.key.kid}`);
    keys.set(checked.key.kid, checked);
  }
  for (const [name, version] of Object.entries(revoked.below ?? {}))
    if (typeof version !== 'string' || parseVersion(version) === null)
      throw invalid(`signature.revoked.below of ${cleanLine(name, 64)} must be a version`);
  return {
    required,
    keys,
    revokedKeys: new Set(revoked.keys ?? []),
    revokedDigests: new Set(revoked.digests ?? []),
    below: new Map(Object.entries(revoked.below ?? {})),
  };
}

function only(value: unknown, path: string, known: readonly string[]): void {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw invalid(`${path} must be an object`);
  const stray = Object.keys(value).find(key => !known.includes(key));
  if (stray !== undefined)
    throw invalid(`${path} knows no ${JSON.stringify(cleanLine(stray, 40))}; it knows ${known.join(', ')}`);
}

async function checkTrusted(trusted: TrustedKey, path: string): Promise<CheckedKey> {
  only(trusted, path, ['key', 'plugins', 'notBefore', 'notAfter']);
  const { key, plugins, notBefore, notAfter } = trusted;
  const time = (text: string | undefined, name: string, fallback: number): number => {
    if (text === undefined) return fallback;
    const ms = typeof text === 'string' ? Date.parse(text) : Number.NaN;
    if (Number.isNaN(ms)) throw invalid(`${path}.${name} must be a date such as "2026-01-31T00:00:00Z"`);
    return ms / 1000;
  };
  if (
    plugins !== undefined &&
    (!Array.isArray(plugins) || plugins.some(name => !isPluginName(String(name).replace(/\.\*$/, ''))))
  )
    throw invalid(`${path}.plugins must hold names such as "geo" or "acme.*"`);
  return {
    key: await checkPublicKey(key, `${path}.key`),
    plugins: plugins ?? null,
    from: time(notBefore, 'notBefore', Number.NEGATIVE_INFINITY),
    to: time(notAfter, 'notAfter', Number.POSITIVE_INFINITY),
  };
}

/**
 * Opens a package and holds its signature against the policy. The files that were verified are the files returned.
 * @param now seconds since 1970
 * @throws SandboxError ARCHIVE_INVALID, MANIFEST_INVALID or SIGNATURE_INVALID
 */
export async function verifyPackage(
  archive: Uint8Array,
  policy: CheckedSignaturePolicy,
  now: number,
): Promise<VerifiedPackage> {
  const { opened, digests } = await inSlices(openingPackage(archive));
  if (policy.revokedDigests.has(opened.digest)) throw refuse('this very package was revoked');
  checkFloor(opened, policy.below);
  const signature = opened.files.get(SIGNATURE_FILE);
  if (signature === undefined) {
    if (policy.required) throw refuse('the package is not signed');
    return Object.freeze({ ...opened, keyId: null, signedAt: null });
  }
  if (signature.length > SIGNATURE_BYTES) throw refuse('its signature is too long');
  const { jws, kid } = readSignature(signature);
  const trusted = policy.keys.get(kid);
  if (trusted === undefined || policy.revokedKeys.has(kid)) {
    // Not required, an unknown name under a package is no better than none, but a revoked one is worse.
    if (policy.required || policy.revokedKeys.has(kid))
      throw refuse(
        policy.revokedKeys.has(kid)
          ? `the key ${cleanLine(kid, 128)} was revoked`
          : `the key ${cleanLine(kid, 128)} is not trusted`,
      );
    return Object.freeze({ ...opened, keyId: null, signedAt: null });
  }
  const signedAt = await checkStatement(jws, trusted, opened, digests, now);
  return Object.freeze({ ...opened, keyId: kid, signedAt });
}

function checkFloor({ manifest: { name, version } }: OpenPackage, below: ReadonlyMap<string, string>): void {
  const floor = parseVersion(below.get(name) ?? '0.0.0-0');
  const given = parseVersion(version);
  if (floor === null || given === null || compareVersions(given, floor) < 0)
    throw refuse(`${name} ${version} was revoked; the lowest version is ${below.get(name)}`);
}

async function checkStatement(
  jws: string,
  trusted: CheckedKey,
  opened: OpenPackage,
  digests: readonly FileDigest[],
  now: number,
): Promise<number> {
  const { key, plugins, from, to } = trusted;
  const { manifest, digest } = opened;
  let payload: Uint8Array;
  try {
    const { kid: _, ...jwk } = key;
    const result = await compactVerify(jws, await importJWK(jwk, ALGORITHM), { algorithms: [ALGORITHM] });
    payload = result.payload;
  } catch (cause) {
    throw new SandboxError('SIGNATURE_INVALID', `its signature does not hold for the key ${key.kid}`, {
      cause,
    });
  }
  const read = parseJson(new TextDecoder('utf-8', { ignoreBOM: true }).decode(payload), {
    chars: SIGNATURE_BYTES,
    depth: 4,
    entries: 10_000,
    keyChars: 64,
    stringChars: 1000,
    bigIntegers: 'refuse',
    harmless: true,
  });
  const said = (read.ok ? read.value : null) as Readonly<Record<string, unknown>> | null;
  if (said === null || typeof said !== 'object') throw refuse('what was signed cannot be read');
  if (
    said['name'] !== manifest.name ||
    said['version'] !== manifest.version ||
    said['digest'] !== digest ||
    JSON.stringify(said['files']) !== JSON.stringify(digests)
  )
    throw refuse('its files are not those that were signed');
  const { iat, exp, nbf } = said;
  if (typeof iat !== 'number' || !Number.isFinite(iat))
    throw refuse('its signature does not say when it was made');
  for (const [name, value] of Object.entries({ exp, nbf }))
    if (value !== undefined && (typeof value !== 'number' || !Number.isFinite(value)))
      throw refuse(`its signature has an unreadable ${name}`);
  if (iat > now + SKEW_SECONDS || (typeof nbf === 'number' && nbf > now + SKEW_SECONDS))
    throw refuse('its signature does not hold yet');
  if (typeof exp === 'number' && exp < now - SKEW_SECONDS) throw refuse('its signature has expired');
  // Held against the clock as well: whoever has an old key can write any date.
  for (const time of [iat, now])
    if (time < from - SKEW_SECONDS || time > to + SKEW_SECONDS)
      throw refuse(`the key ${key.kid} is not valid at this time`);
  const mayName =
    plugins === null ||
    plugins.some(name =>
      name.endsWith('.*') ? manifest.name.startsWith(name.slice(0, -1)) : name === manifest.name,
    );
  if (!mayName) throw refuse(`the key ${key.kid} may not sign ${manifest.name}`);
  return iat;
}
