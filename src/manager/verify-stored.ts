/** A plugin as it lies in the store, verified anew: the store may have been touched, and a key revoked since. */
import { SandboxError } from '../core/errors.ts';
import { type CheckedSignaturePolicy, type VerifiedPackage, verifyPackage } from '../packages/index.ts';
import type { PluginStore } from './store.ts';

export interface Verifying {
  readonly store: PluginStore;
  readonly signature: Promise<CheckedSignaturePolicy>;
}

/** @throws SandboxError PLUGIN_NOT_FOUND, SIGNATURE_INVALID, ARCHIVE_INVALID or STORE_FAILED */
export async function verifyStored({ store, signature }: Verifying, name: string): Promise<VerifiedPackage> {
  const stored = await store.read(name);
  if (stored === null || stored.meta.installed === null || stored.archive === null)
    throw new SandboxError('PLUGIN_NOT_FOUND', `there is no plugin ${name}`);
  const opened = await verifyPackage(stored.archive, await signature, Date.now() / 1000);
  const { digest, version } = stored.meta.installed;
  if (opened.digest !== digest || opened.manifest.name !== name || opened.manifest.version !== version)
    throw new SandboxError('STORE_FAILED', `what is stored as ${name} is not what was installed`);
  return opened;
}
