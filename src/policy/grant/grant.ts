/** Grant = policy ∩ manifest ∩ what the caller may pass on. Pure: no clock, no I/O. */
import { LIMIT_NAMES, type LimitName, type Limits, SANDBOX_LIMITS } from '../../core/limits.ts';
import { cleanLine } from '../../core/text.ts';
import { type HostRule, parseNetworkPolicy } from '../egress/index.ts';
import { deepFreeze } from '../freeze.ts';
import { bothFunctions } from '../functions.ts';
import type { Manifest, NamedRequest } from '../manifest/index.ts';
import { isInside } from '../paths.ts';
import type { PluginSecurityPolicy, ResolvedPolicy } from '../policy.ts';
import { bothAddresses, bothRules, ruleOf } from './network.ts';
import type { Grant, GrantLine, Power } from './types.ts';

export const POWERS: readonly Power[] = Object.freeze([
  'network',
  'modules',
  'files',
  'functions',
  'env',
  'secrets',
]);

/** A rule of the network in one line. */
export function showRule(rule: HostRule): string {
  const { allow } = parseNetworkPolicy({ allow: [rule] }, 'rule');
  const [canonical] = allow;
  if (canonical === undefined || typeof canonical === 'string') return String(canonical);
  const { host, ports, schemes, methods, paths } = canonical;
  const scheme = schemes?.length === 1 ? `${schemes[0]}://` : '';
  return [
    `${scheme}${host}${ports === undefined ? '' : `:${ports.join(',')}`}`,
    methods?.join(','),
    paths?.join(' '),
  ]
    .filter(part => part !== undefined)
    .join(' ');
}

const sameRule = (a: HostRule, b: HostRule): boolean => showRule(a) === showRule(b);

class Draft {
  readonly lines: GrantLine[] = [];
  readonly #powers: ReadonlySet<Power> | null;

  constructor(powers: ReadonlySet<Power> | null) {
    this.#powers = powers;
  }

  /** False, with a line that says so, when the caller keeps this power to itself. */
  passes(power: Power, kind: GrantLine['kind'], subject: string, reason: string): boolean {
    if (this.#powers === null || this.#powers.has(power)) return true;
    this.add(kind, subject, 'refused', '', `the caller has no scope power:${power}`, reason);
    return false;
  }

  add(
    kind: GrantLine['kind'],
    subject: string,
    verdict: GrantLine['verdict'],
    given: string,
    why: string,
    reason: string,
  ): void {
    this.lines.push({ kind, subject, verdict, given, why, reason: cleanLine(reason, 200) });
  }
}

/**
 * @param policy as `parsePolicy` gives it
 * @param powers what the caller may pass on; `null` for everything
 */
export function decideGrant(
  policy: ResolvedPolicy,
  manifest: Manifest,
  powers: ReadonlySet<Power> | null = null,
): Grant {
  const draft = new Draft(powers);
  const { permissions } = manifest;
  const network = grantNetwork(draft, policy, manifest);
  const modules = grantModules(draft, policy, manifest);
  const files = grantFiles(draft, policy, manifest);
  const functions = grantFunctions(draft, policy, manifest);
  const pick = <T>(
    kind: 'env' | 'secrets',
    wishes: readonly NamedRequest[],
    held: Readonly<Record<string, T>>,
  ): Record<string, T> => grantNames(draft, kind, wishes, held);
  return deepFreeze({
    plugin: manifest.name,
    version: manifest.version,
    policy: {
      network,
      modules,
      files,
      functions,
      env: pick('env', permissions.env, policy.env),
      secrets: pick('secrets', permissions.secrets, policy.secrets) as NonNullable<
        PluginSecurityPolicy['secrets']
      >,
      blockedFunctions: policy.blockedFunctions,
      limits: grantLimits(draft, policy.limits, manifest.limits),
    },
    lines: draft.lines,
  });
}

function grantNetwork(
  draft: Draft,
  { network }: ResolvedPolicy,
  { permissions }: Manifest,
): NonNullable<PluginSecurityPolicy['network']> {
  const allow = new Map<string, HostRule>();
  for (const { reason, ...wish } of permissions.network) {
    const subject = showRule(wish);
    if (!draft.passes('network', 'network', subject, reason)) continue;
    const found = new Map<string, HostRule>();
    const by: string[] = [];
    for (const rule of network.allow) {
      const both = bothRules(wish, ruleOf(rule));
      if (both === null) continue;
      found.set(showRule(both), both);
      by.push(showRule(ruleOf(rule)));
    }
    for (const [text, rule] of found) allow.set(text, rule);
    const whole = [...found.values()].some(rule => sameRule(rule, wish));
    if (found.size === 0)
      draft.add('network', subject, 'refused', '', 'no rule of policy.network.allow covers it', reason);
    else
      draft.add(
        'network',
        subject,
        whole ? 'granted' : 'partly',
        [...found.keys()].join('; '),
        `policy.network.allow: ${by.join(', ')}`,
        reason,
      );
  }
  const allowIp = new Set<string>();
  for (const { address, reason } of permissions.addresses) {
    if (!draft.passes('network', 'addresses', address, reason)) continue;
    const found = network.allowIp.map(rule => bothAddresses(address, rule)).filter(both => both !== null);
    for (const both of found) allowIp.add(both);
    if (found.length === 0)
      draft.add('addresses', address, 'refused', '', 'no rule of policy.network.allowIp covers it', reason);
    else
      draft.add(
        'addresses',
        address,
        found.includes(address) ? 'granted' : 'partly',
        found.join('; '),
        'policy.network.allowIp',
        reason,
      );
  }
  const { deny, denyIp, allowHeaders, limits } = network;
  return { allow: [...allow.values()], deny, allowIp: [...allowIp], denyIp, allowHeaders, limits };
}

function grantModules(
  draft: Draft,
  { modules }: ResolvedPolicy,
  { runtime, permissions }: Manifest,
): NonNullable<PluginSecurityPolicy['modules']> {
  const granted: string[] = [];
  for (const { name, reason } of permissions.modules) {
    if (!draft.passes('modules', 'modules', name, reason)) continue;
    const { python } = modules;
    const isAllowed =
      runtime === 'javascript'
        ? modules.javascript.includes(name)
        : python === null || python.some(allowed => name === allowed || name.startsWith(`${allowed}.`));
    if (isAllowed) granted.push(name);
    const rule = `policy.modules.${runtime === 'javascript' ? 'javascript' : 'python'}`;
    draft.add(
      'modules',
      name,
      isAllowed ? 'granted' : 'refused',
      isAllowed ? name : '',
      isAllowed ? rule : `${rule} does not list it`,
      reason,
    );
  }
  if (runtime === 'javascript') return { javascript: granted };
  // A Python plugin that names none gets what the policy has: the list keeps honest plugins to what they asked for.
  const wished = permissions.modules.length > 0;
  return wished ? { python: granted } : modules.python === null ? {} : { python: modules.python };
}

function grantFiles(
  draft: Draft,
  { files }: ResolvedPolicy,
  { permissions }: Manifest,
): NonNullable<PluginSecurityPolicy['files']> {
  const granted = { read: new Set<string>(), write: new Set<string>() };
  for (const { path, access, reason } of permissions.files) {
    const subject = `${access} ${path}`;
    if (!draft.passes('files', 'files', subject, reason)) continue;
    const held = access === 'write' ? files.write : [...files.read, ...files.write];
    const found = held
      .map(mount => (mount === path || isInside(path, mount) ? path : isInside(mount, path) ? mount : null))
      .filter(both => both !== null);
    for (const both of found) granted[access].add(both);
    const rule = `policy.files.${access}`;
    if (found.length === 0) draft.add('files', subject, 'refused', '', `${rule} does not list it`, reason);
    else
      draft.add(
        'files',
        subject,
        found.includes(path) ? 'granted' : 'partly',
        found.join('; '),
        rule,
        reason,
      );
  }
  return { read: [...granted.read], write: [...granted.write] };
}

function grantFunctions(
  draft: Draft,
  { functions }: ResolvedPolicy,
  { permissions }: Manifest,
): readonly string[] {
  const granted = new Set<string>();
  for (const { name, reason } of permissions.functions) {
    if (!draft.passes('functions', 'functions', name, reason)) continue;
    const found = [...new Set(functions.map(held => bothFunctions(name, held)))].filter(
      both => both !== null,
    );
    for (const both of found) granted.add(both);
    if (found.length === 0)
      draft.add('functions', name, 'refused', '', 'policy.functions does not list it', reason);
    else
      draft.add(
        'functions',
        name,
        found.includes(name) ? 'granted' : 'partly',
        found.includes(name) ? name : found.join('; '),
        'policy.functions',
        reason,
      );
  }
  return [...granted];
}

function grantNames<T>(
  draft: Draft,
  kind: 'env' | 'secrets',
  wishes: readonly NamedRequest[],
  held: Readonly<Record<string, T>>,
): Record<string, T> {
  const granted: Record<string, T> = {};
  for (const { name, reason } of wishes) {
    if (!draft.passes(kind, kind, name, reason)) continue;
    const isHeld = Object.hasOwn(held, name);
    if (isHeld) granted[name] = held[name] as T;
    draft.add(
      kind,
      name,
      isHeld ? 'granted' : 'refused',
      isHeld ? name : '',
      isHeld ? `policy.${kind}` : `policy.${kind} has no ${name}`,
      reason,
    );
  }
  return granted;
}

/** The lower of the two. Limits of the whole sandbox are the manager's, and stay. */
function grantLimits(draft: Draft, held: Limits, wished: Partial<Limits>): Limits {
  const limits: Record<LimitName, number> = { ...held };
  for (const name of LIMIT_NAMES) {
    const wish = wished[name];
    if (wish === undefined || SANDBOX_LIMITS.includes(name)) continue;
    const fits = wish <= held[name];
    if (fits) limits[name] = wish;
    draft.add(
      'limits',
      `${name} = ${wish}`,
      fits ? 'granted' : 'partly',
      String(limits[name]),
      fits ? 'the manifest lowers it' : `policy.limits.${name} = ${held[name]}`,
      '',
    );
  }
  return limits;
}
