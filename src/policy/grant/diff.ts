/** What changes when a plugin's new version asks for something else. */
import type { LimitName } from '../../core/limits.ts';
import { deepFreeze } from '../freeze.ts';
import { coversFunction } from '../functions.ts';
import type { Manifest } from '../manifest/index.ts';
import { isInside } from '../paths.ts';
import { showRule } from './grant.ts';
import { bothAddresses, bothRules } from './network.ts';
import type { PermissionDiff, Widening } from './types.ts';

interface Wish extends Widening {
  /** Whether a wish of the other manifest includes this one. */
  readonly within: (other: Manifest) => boolean;
}

function wishesOf({ permissions, limits, runtime }: Manifest): readonly Wish[] {
  const wishes: Wish[] = [];
  for (const { reason, ...rule } of permissions.network) {
    const subject = showRule(rule);
    const within = (other: Manifest): boolean =>
      other.permissions.network.some(({ reason: _, ...held }) => {
        const both = bothRules(rule, held);
        return both !== null && showRule(both) === subject;
      });
    wishes.push({ kind: 'network', subject, reason, within });
  }
  for (const { address, reason } of permissions.addresses) {
    wishes.push({
      kind: 'addresses',
      subject: address,
      reason,
      within: other =>
        other.permissions.addresses.some(held => bothAddresses(address, held.address) === address),
    });
  }
  for (const kind of ['modules', 'env', 'secrets'] as const) {
    for (const { name, reason } of permissions[kind]) {
      const within = (other: Manifest): boolean =>
        other.permissions[kind].some(held => held.name === name) ||
        // A Python plugin that named no module had all of them.
        (kind === 'modules' &&
          runtime === 'python' &&
          other.runtime === 'python' &&
          other.permissions.modules.length === 0);
      wishes.push({ kind, subject: name, reason, within });
    }
  }
  for (const { name, reason } of permissions.functions) {
    wishes.push({
      kind: 'functions',
      subject: name,
      reason,
      within: other =>
        coversFunction(
          other.permissions.functions.map(held => held.name),
          name,
        ),
    });
  }
  for (const { path, access, reason } of permissions.files) {
    wishes.push({
      kind: 'files',
      subject: `${access} ${path}`,
      reason,
      within: other =>
        other.permissions.files.some(
          held =>
            (held.path === path || isInside(path, held.path)) &&
            (held.access === 'write' || access === 'read'),
        ),
    });
  }
  for (const [name, value] of Object.entries(limits) as [LimitName, number][]) {
    wishes.push({
      kind: 'limits',
      subject: `${name} = ${value}`,
      reason: '',
      // A manifest without the limit has the policy's, which is the most there is.
      within: other => (other.limits[name] ?? Number.POSITIVE_INFINITY) >= value,
    });
  }
  return wishes;
}

/** Limits the old manifest held itself to and the new one does not. */
function freed(before: Manifest, after: Manifest): readonly Widening[] {
  return (Object.keys(before.limits) as LimitName[])
    .filter(name => after.limits[name] === undefined)
    .map(name => ({ kind: 'limits', subject: `${name} without a limit of its own`, reason: '' }));
}

export function diffPermissions(before: Manifest, after: Manifest): PermissionDiff {
  const outside = (manifest: Manifest, other: Manifest): readonly Wish[] =>
    wishesOf(manifest).filter(wish => !wish.within(other));
  const namesAll =
    after.runtime === 'python' &&
    before.permissions.modules.length > 0 &&
    after.permissions.modules.length === 0;
  return deepFreeze({
    widened: [
      ...outside(after, before).map(({ kind, subject, reason }) => ({ kind, subject, reason })),
      ...freed(before, after),
      ...(before.content !== null && before.content !== after.content
        ? [{ kind: 'content' as const, subject: after.content ?? 'data', reason: '' }]
        : []),
      ...(namesAll ? [{ kind: 'modules' as const, subject: 'every module', reason: '' }] : []),
    ],
    dropped: outside(before, after)
      .filter(({ kind }) => kind !== 'limits')
      .map(({ kind, subject }) => ({ kind, subject })),
  });
}
