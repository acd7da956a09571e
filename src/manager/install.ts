/** Installing, upgrading and removing: decided first, then changed as a whole. */
import { SandboxError } from '../core/errors.ts';
import { verifyPackage } from '../packages/index.ts';
import { decideGrant, diffPermissions, explainDiff, type PermissionDiff } from '../policy/grant/index.ts';
import { compareVersions, parseVersion } from '../policy/manifest/index.ts';
import type { Manager } from './manager.ts';
import { programOf } from './program.ts';
import type { Stored, StoredMeta } from './store.ts';
import type { CallerOptions, Candidate, InstallOptions, PluginInfo } from './types.ts';
import { verifyStored } from './verify-stored.ts';

const NOTHING: PermissionDiff = Object.freeze({ widened: [], dropped: [] });

interface Weighed extends Candidate {
  readonly stored: Stored | null;
}

/** Opens, verifies and compares a package. Changes nothing. */
export async function weigh(manager: Manager, archive: Uint8Array): Promise<Weighed> {
  const opened = await verifyPackage(archive, await manager.signature, Date.now() / 1000);
  const { manifest, digest, keyId } = opened;
  programOf(opened);
  const stored = await manager.store.read(manifest.name);
  const installed = stored === null ? null : infoOf(stored.meta);
  return Object.freeze({
    manifest,
    digest,
    keyId,
    grant: decideGrant(manager.policy, manifest),
    installed,
    changes: installed === null ? NOTHING : await changesFrom(manager, installed, { manifest, keyId }),
    stored,
  });
}

export function infoOf({ name, installed }: StoredMeta): PluginInfo | null {
  if (installed === null) return null;
  const { version, digest, keyId, at } = installed;
  return Object.freeze({ name, version, digest, keyId, installedAt: at });
}

async function changesFrom(
  manager: Manager,
  installed: PluginInfo,
  next: Pick<Candidate, 'manifest' | 'keyId'>,
): Promise<PermissionDiff> {
  const before = await verifyStored(manager, installed.name).catch(() => null);
  // What can no longer be read cannot be compared: everything counts as new.
  const diff =
    before === null
      ? {
          widened: [
            {
              kind: 'signer' as const,
              subject: 'the installed version cannot be verified any more',
              reason: '',
            },
          ],
          dropped: [],
        }
      : diffPermissions(before.manifest, next.manifest);
  if (installed.keyId === next.keyId) return diff;
  const subject = `${next.keyId ?? 'nobody'} instead of ${installed.keyId ?? 'nobody'}`;
  return { ...diff, widened: [...diff.widened, { kind: 'signer', subject, reason: '' }] };
}

/** The order of versions under one name holds for good, also after an uninstall. */
function checkVersion({ manifest, digest, stored }: Weighed): void {
  if (stored === null) return;
  const { highest, highestDigest } = stored.meta;
  const [given, floor] = [parseVersion(manifest.version), parseVersion(highest)];
  const order = given === null || floor === null ? -1 : compareVersions(given, floor);
  if (order < 0)
    throw new SandboxError(
      'VERSION_REFUSED',
      `${manifest.name} ${manifest.version} is older than ${highest}, which was installed before`,
    );
  if (order === 0 && digest !== highestDigest)
    throw new SandboxError(
      'VERSION_REFUSED',
      `${manifest.name} ${manifest.version} was installed before with other contents than these`,
    );
}

export async function applyPackage(
  manager: Manager,
  archive: Uint8Array,
  options: InstallOptions,
  action: 'install' | 'upgrade',
): Promise<PluginInfo> {
  const caller = manager.callerOf(options);
  // The bytes that were verified are the bytes that are stored.
  const bytes = new Uint8Array(archive);
  let name = '';
  try {
    const weighed = await weigh(manager, bytes);
    name = weighed.manifest.name;
    manager.need(caller, name, action);
    const { manifest, digest, keyId, installed, changes } = weighed;
    if (action === 'install' && installed !== null) {
      if (installed.digest === digest) return installed;
      throw new SandboxError(
        'INVALID_ARGUMENT',
        `${name} ${installed.version} is installed; upgrade it instead`,
      );
    }
    if (action === 'upgrade' && installed === null)
      throw new SandboxError('PLUGIN_NOT_FOUND', `there is no plugin ${name} to upgrade`);
    checkVersion(weighed);
    if (changes.widened.length > 0 && options.accept !== true) {
      throw new SandboxError(
        'PERMISSIONS_WIDENED',
        `${name} ${manifest.version} asks for more than ${installed?.version}: ${explainDiff({ ...changes, dropped: [] }).join('; ')}`,
      );
    }
    await approved(manager, weighed);
    const at = new Date().toISOString();
    const meta: StoredMeta = {
      name,
      installed: { version: manifest.version, digest, keyId, at },
      highest: manifest.version,
      highestDigest: digest,
    };
    manager.record(action, {
      caller: caller.id,
      plugin: name,
      version: manifest.version,
      digest,
      key: keyId,
      widened: explainDiff({ ...changes, dropped: [] }),
    });
    await manager.audit?.flush();
    await manager.store.write({ meta, archive: bytes });
    manager.forget(name);
    return infoOf(meta) as PluginInfo;
  } catch (error) {
    if (error instanceof SandboxError) {
      manager.metricsOf.refused(error.code);
      if (error.code !== 'FORBIDDEN')
        manager.record('denial', {
          caller: caller.id,
          plugin: name,
          action,
          code: error.code,
          message: error.message,
        });
    }
    throw error;
  }
}

/** Nothing but `true` is a yes. */
async function approved(manager: Manager, candidate: Candidate): Promise<void> {
  if (manager.approve === undefined) return;
  let answer: unknown;
  try {
    answer = await manager.approve(candidate);
  } catch (cause) {
    throw new SandboxError('SIGNATURE_INVALID', 'the package was not approved', { cause });
  }
  if (answer !== true) throw new SandboxError('SIGNATURE_INVALID', 'the package was not approved');
}

export async function removePlugin(manager: Manager, name: string, options: CallerOptions): Promise<void> {
  const caller = manager.callerOf(options);
  manager.need(caller, name, 'uninstall');
  const stored = await manager.store.read(name);
  if (stored === null || stored.meta.installed === null)
    throw new SandboxError('PLUGIN_NOT_FOUND', `there is no plugin ${name}`);
  const { version, digest } = stored.meta.installed;
  manager.record('uninstall', { caller: caller.id, plugin: name, version, digest });
  await manager.audit?.flush();
  await manager.store.write({ meta: { ...stored.meta, installed: null }, archive: null });
  manager.forget(name);
}
