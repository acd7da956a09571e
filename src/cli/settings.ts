/** From options to a policy and its modules. What the flags add is added to the policy file, never hidden by it. */
import type { LimitName } from '../core/limits.ts';
import { LIMITS } from '../core/limits.ts';
import { cleanLine } from '../core/text.ts';
import type { NetworkPolicy } from '../policy/egress/index.ts';
import type { PluginSecurityPolicy } from '../policy/policy.ts';
import type { OptionTable, ParsedArgs } from './args.ts';
import { usage } from './fail.ts';
import { display, readCode, readJson } from './files.ts';
import { parseCount, parseDuration, parseSize } from './units.ts';

export const POLICY_OPTIONS: OptionTable = {
  policy: { kind: 'value', example: '--policy policy.json' },
  'allow-module': { kind: 'values', example: '--allow-module greetings=./greetings.js' },
  ext: { kind: 'value', example: '--ext ts' },
  json: { kind: 'flag' },
  help: { kind: 'flag' },
};

/** Of the policy's network, for commands that run something. */
export const NETWORK_OPTIONS: OptionTable = {
  'allow-net': { kind: 'inline', example: '--allow-net=api.example.com' },
  'deny-net': { kind: 'inline', example: '--deny-net=internal.example.com' },
  'allow-ip': { kind: 'inline', example: '--allow-ip=127.0.0.1:8080' },
  'deny-ip': { kind: 'inline', example: '--deny-ip=203.0.113.0/24' },
};

export interface Settings {
  readonly policy: PluginSecurityPolicy;
  readonly modules: Readonly<Record<string, string>>;
  /** What the flags lower for this run. */
  readonly limits: Partial<Record<LimitName, number>>;
}

/** The time a run may wait for its cell, on top of what `--timeout` gives the plugin. */
const WAITING_MS = 30_000;

export async function readSettings(args: ParsedArgs): Promise<Settings> {
  const file = args.one('policy');
  const base = file === undefined ? {} : await readPolicy(file);
  const { limits, lowered } = limitsFrom(args, base.limits ?? {});
  const modules = await modulesFrom(args);
  const listed = base.modules?.javascript ?? [];
  const env = envFrom(args);
  const network = networkFrom(args, base.network ?? {});
  return {
    policy: {
      ...base,
      ...(modules.size > 0 && Array.isArray(listed)
        ? { modules: { ...base.modules, javascript: [...new Set([...listed, ...modules.keys()])] } }
        : {}),
      ...(env.length > 0 ? { env: { ...base.env, ...Object.fromEntries(env) } } : {}),
      ...(network === null ? {} : { network }),
      ...(Object.keys(limits).length > 0 ? { limits: { ...base.limits, ...limits } } : {}),
    },
    modules: Object.fromEntries(modules),
    limits: lowered,
  };
}

/** A module the policy allows needs a source, and only the command line can name one. */
export function requireSources({ policy, modules }: Settings): void {
  for (const name of policy.modules?.javascript ?? []) {
    if (!Object.hasOwn(modules, name)) {
      const shown = cleanLine(name, 60);
      throw usage(
        `the policy allows the module ${shown}; supply its source with --allow-module ${shown}=FILE`,
      );
    }
  }
}

export type ProgramKind = 'javascript' | 'typescript' | 'python' | 'wasm';

export function kindOf(file: string, args: ParsedArgs): ProgramKind {
  const ext = args.one('ext') ?? /\.(?:[cm]?ts|wasm|py)$/i.exec(file)?.[0] ?? 'js';
  switch (ext.replace(/^\./, '').toLowerCase()) {
    case 'js':
    case 'mjs':
    case 'cjs':
      return 'javascript';
    case 'ts':
    case 'mts':
    case 'cts':
      return 'typescript';
    case 'py':
      return 'python';
    case 'wasm':
      return 'wasm';
    default:
      throw usage(`--ext must be js, ts, py or wasm, got ${JSON.stringify(cleanLine(ext, 20))}`);
  }
}

/** The parts this file merges with must have their shapes; all else is the policy parser's to judge. */
async function readPolicy(file: string): Promise<PluginSecurityPolicy> {
  const policy = await readJson(file);
  const isObject = (value: unknown): boolean =>
    typeof value === 'object' && value !== null && !Array.isArray(value);
  if (!isObject(policy)) throw usage(`${display(file)} must hold one JSON object, such as {"limits":{}}`);
  const { limits, env, modules, network, files } = policy as PluginSecurityPolicy;
  for (const [key, part] of Object.entries({ limits, env, modules, network, files })) {
    if (part !== undefined && !isObject(part)) throw usage(`${display(file)}: ${key} must be an object`);
  }
  for (const [key, part] of Object.entries({
    'modules.javascript': modules?.javascript,
    'modules.python': modules?.python,
    'network.allow': network?.allow,
    'network.deny': network?.deny,
    'network.allowIp': network?.allowIp,
    'network.denyIp': network?.denyIp,
    'files.read': files?.read,
    'files.write': files?.write,
  })) {
    if (part !== undefined && !Array.isArray(part)) {
      throw usage(`${display(file)}: ${key} must be an array of strings`);
    }
  }
  return policy as PluginSecurityPolicy;
}

/** A flag sets what the policy file leaves open, and can only lower what it holds. */
function limitsFrom(
  args: ParsedArgs,
  held: Partial<Record<LimitName, number>>,
): Record<'limits' | 'lowered', Partial<Record<LimitName, number>>> {
  const limits: Partial<Record<LimitName, number>> = {};
  const lowered: Partial<Record<LimitName, number>> = {};
  const set = (name: LimitName, value: number, option: string): void => {
    const { min, ceiling } = LIMITS[name];
    const most = held[name] ?? ceiling;
    if (!Number.isSafeInteger(value) || value < min || value > most) {
      const source = most === ceiling ? '' : ', which the policy file sets';
      throw usage(`${option} must be from ${min} to ${most}${source}, got ${value}`);
    }
    (held[name] === undefined ? limits : lowered)[name] = value;
  };
  const timeout = args.one('timeout');
  if (timeout !== undefined) {
    const ms = parseDuration(timeout, '--timeout');
    set('timeoutMs', ms, '--timeout (in milliseconds)');
    if (held.maxExecutionTimeMs === undefined) {
      limits.maxExecutionTimeMs = Math.max(LIMITS.maxExecutionTimeMs.default, ms + WAITING_MS);
    }
  }
  const memory = args.one('memory');
  if (memory !== undefined) set('memoryBytes', parseSize(memory, '--memory'), '--memory (in bytes)');
  const fuel = args.one('fuel');
  if (fuel !== undefined) set('fuel', parseCount(fuel, '--fuel'), '--fuel');
  return { limits, lowered };
}

/** What the flags name, on top of what the file has; null when they name nothing. */
function networkFrom(args: ParsedArgs, held: NetworkPolicy): NetworkPolicy | null {
  const listed = (name: string): readonly string[] => args.all(name).flatMap(list => list.split(','));
  const added = {
    allow: listed('allow-net'),
    deny: listed('deny-net'),
    allowIp: listed('allow-ip'),
    denyIp: listed('deny-ip'),
  };
  const used = Object.entries(added).filter(([, list]) => list.length > 0);
  if (used.length === 0) return null;
  return {
    ...held,
    ...Object.fromEntries(
      used.map(([key, list]) => [key, [...(held[key as keyof typeof added] ?? []), ...list]]),
    ),
  };
}

async function modulesFrom(args: ParsedArgs): Promise<ReadonlyMap<string, string>> {
  const modules = new Map<string, string>();
  for (const given of args.all('allow-module')) {
    const equals = given.indexOf('=');
    if (equals < 1 || equals === given.length - 1) {
      throw usage(`--allow-module needs NAME=FILE, got ${JSON.stringify(cleanLine(given, 60))}`);
    }
    const name = given.slice(0, equals);
    if (modules.has(name)) throw usage(`--allow-module ${cleanLine(name, 60)} is given twice; keep one`);
    modules.set(name, await readCode(given.slice(equals + 1)));
  }
  return modules;
}

function envFrom(args: ParsedArgs): readonly (readonly [string, string])[] {
  return args.all('env').map(given => {
    const equals = given.indexOf('=');
    if (equals < 1) throw usage(`--env needs NAME=VALUE, got ${JSON.stringify(cleanLine(given, 60))}`);
    return [given.slice(0, equals), given.slice(equals + 1)] as const;
  });
}
