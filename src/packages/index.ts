/** Plugins as one file: packing, signing, verifying. */
export { type PackageFiles, packArchive, readArchive } from './archive.ts';
export { fileDigests, packageDigest, SIGNATURE_FILE } from './digest.ts';
export { checkPublicKey, generateKeys, type KeyPair, type PrivateKey, type PublicKey } from './keys.ts';
export { PACKAGE_CAPS } from './limits.ts';
export { type OpenPackage, openPackage, packPackage, textOf } from './package.ts';
export { type SignOptions, signPackage } from './sign.ts';
export {
  type CheckedSignaturePolicy,
  checkSignaturePolicy,
  type SignaturePolicy,
  type TrustedKey,
  type VerifiedPackage,
  verifyPackage,
} from './verify.ts';
