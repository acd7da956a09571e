/** Signing: a JWS over the list of a package's files, kept in the package itself. */
import { CompactSign } from 'jose';
import { parseManifest } from '../policy/manifest/index.ts';
import { type PackageFiles, packArchive, readArchive } from './archive.ts';
import { fileDigests, packageDigest, SIGNATURE_FILE } from './digest.ts';
import { headerOf } from './jws.ts';
import { importPrivateKey, type PrivateKey } from './keys.ts';
import { manifestText } from './package.ts';

export interface SignOptions {
  /** Seconds since 1970; when the signature was made. Default: now. */
  readonly issuedAt?: number;
  /** Seconds since 1970 after which it does not hold. Default: never. */
  readonly expires?: number;
  /** Seconds since 1970 before which it does not hold yet. Default: at once. */
  readonly notBefore?: number;
}

/**
 * Adds a signature to a packed plugin, in place of one it may have.
 * @throws SandboxError ARCHIVE_INVALID, MANIFEST_INVALID or INVALID_ARGUMENT
 */
export async function signPackage(
  archive: Uint8Array,
  privateKey: PrivateKey,
  options: SignOptions = {},
): Promise<Uint8Array<ArrayBuffer>> {
  const { key, kid } = await importPrivateKey(privateKey);
  const files: PackageFiles = readArchive(archive);
  const { name, version } = parseManifest(manifestText(files));
  const digests = fileDigests(files);
  const statement = {
    name,
    version,
    digest: packageDigest(digests),
    files: digests,
    iat: options.issuedAt ?? Math.floor(Date.now() / 1000),
    ...(options.expires === undefined ? {} : { exp: options.expires }),
    ...(options.notBefore === undefined ? {} : { nbf: options.notBefore }),
  };
  const jws = await new CompactSign(new TextEncoder().encode(JSON.stringify(statement)))
    .setProtectedHeader(headerOf(kid))
    .sign(key);
  return packArchive(new Map([...files, [SIGNATURE_FILE, new TextEncoder().encode(jws)]]));
}
