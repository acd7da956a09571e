/** Installed plugins: packages, signatures, grants, the manager. An entry of its own: `citadel-sandbox/manager`. */
import { platform } from '#platform';
import { createPluginManagerOn, type PluginManager, type PluginManagerOptions } from './manager/index.ts';

export type * from './audit/index.ts';
export { AuditLog, consoleSink, memorySink, verifyAudit } from './audit/index.ts';
export type { ApiKeyRecord, Caller, InputLimits, NewApiKey, Rate } from './gateway/index.ts';
export { createApiKey } from './gateway/index.ts';
export type * from './manager/index.ts';
export { indexedDbStore, memoryStore } from './manager/index.ts';
export { handleMount } from './manager/mount-handle.ts';
export type {
  KeyPair,
  PrivateKey,
  PublicKey,
  SignaturePolicy,
  SignOptions,
  TrustedKey,
} from './packages/index.ts';
export { generateKeys, PACKAGE_CAPS, packPackage, signPackage } from './packages/index.ts';
export type { Grant, GrantLine, PermissionDiff, Power, Widening } from './policy/grant/index.ts';
export { explainDiff, explainGrant } from './policy/grant/index.ts';
export type { ContentKind, JsonSchema, Manifest, Permissions } from './policy/manifest/index.ts';

/**
 * Makes a manager of installed plugins on this platform. No cell starts before the first run.
 * @throws SandboxError INVALID_ARGUMENT, POLICY_INVALID or LIMIT_OUT_OF_RANGE
 */
export function createPluginManager(options: PluginManagerOptions = {}): PluginManager {
  return createPluginManagerOn(platform, options);
}
