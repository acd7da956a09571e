/** The `permissions` of a manifest. Each entry is held to what a policy could grant, so that no wish is ambiguous. */
import { SandboxError } from '../../core/errors.ts';
import { type HostRule, parseNetworkPolicy } from '../egress/index.ts';
import { functionPatternProblem } from '../functions.ts';
import { isInside, pathProblem } from '../paths.ts';
import { bad, type Fields, fieldsAt, lineAt, listAt, oneOf, quote } from './read.ts';
import type { FilesRequest, Manifest, NamedRequest, NetworkRequest, Permissions } from './types.ts';

const KINDS: readonly (keyof Permissions)[] = [
  'network',
  'addresses',
  'modules',
  'files',
  'functions',
  'env',
  'secrets',
];
const REASON_CHARS = 200;

const MODULE = /^[\p{L}_@$][\p{L}\p{N}_@$./-]{0,255}$/u;
const VARIABLE = /^[A-Za-z_]\w{0,99}$/;

export function permissionsAt(value: unknown, runtime: Manifest['runtime']): Permissions {
  const given = fieldsAt(value, 'permissions', KINDS);
  const network = listAt(given['network'], 'permissions.network').map(networkAt);
  const addresses = listAt(given['addresses'], 'permissions.addresses').map((item, i) => {
    const path = `permissions.addresses[${i}]`;
    const { address, reason } = fieldsAt(item, path, ['address', 'reason']);
    const { allowIp } = asPolicy(() => parseNetworkPolicy({ allowIp: [address] }, path), path);
    return { address: allowIp[0] ?? '', reason: reasonAt(reason, path) };
  });
  const files = listAt(given['files'], 'permissions.files').map(filesAt);
  if (runtime === 'javascript' && files.length > 0)
    throw bad('permissions.files is for the runtimes "python" and "wasm"; leave it out');
  apart(files);
  if (runtime === 'wasm' && given['modules'] !== undefined)
    throw bad('permissions.modules is for the runtimes "javascript" and "python"; leave it out');
  return {
    network,
    addresses,
    modules: namesAt(given, 'modules', named(MODULE)),
    files,
    functions: namesAt(given, 'functions', functionPatternProblem),
    env: namesAt(given, 'env', named(VARIABLE)),
    secrets: namesAt(given, 'secrets', named(VARIABLE)),
  };
}

function reasonAt(value: unknown, path: string): string {
  if (value === undefined) throw bad(`${path}.reason is missing; say why the plugin needs it`);
  return lineAt(value, `${path}.reason`, REASON_CHARS);
}

/** What the policy's own parser says of a wish, as a mistake of the manifest. */
function asPolicy<T>(parse: () => T, path: string): T {
  try {
    return parse();
  } catch (error) {
    if (error instanceof SandboxError)
      throw bad(
        error.message.replace(`${path}.allow[0]`, path).replace(`${path}.allowIp[0]`, `${path}.address`),
      );
    throw error;
  }
}

function networkAt(item: unknown, index: number): NetworkRequest {
  const path = `permissions.network[${index}]`;
  const { reason, ...rule } = fieldsAt(item, path, [
    'host',
    'ports',
    'schemes',
    'methods',
    'paths',
    'reason',
  ]);
  const { allow } = asPolicy(() => parseNetworkPolicy({ allow: [rule] }, path), path);
  return { ...(allow[0] as HostRule), reason: reasonAt(reason, path) };
}

function filesAt(item: unknown, index: number): FilesRequest {
  const at = `permissions.files[${index}]`;
  const { path, access, reason } = fieldsAt(item, at, ['path', 'access', 'reason']);
  const problem = typeof path === 'string' ? pathProblem(path) : 'write an absolute path such as "/data"';
  if (problem !== null) throw bad(`${at}.path: ${problem}, got ${quote(String(path))}`);
  return {
    path: path as string,
    access: oneOf(access, `${at}.access`, ['read', 'write']),
    reason: reasonAt(reason, at),
  };
}

/** Of two rules for one path, which would hold? */
function apart(files: readonly FilesRequest[]): void {
  for (const [i, { path }] of files.entries()) {
    const other = files.find((file, j) => j !== i && (file.path === path || isInside(file.path, path)));
    if (other !== undefined)
      throw bad(
        `permissions.files must not name ${quote(other.path)} inside ${quote(path)}: one rule for each path`,
      );
  }
}

const named =
  (pattern: RegExp) =>
  (name: string): string | null =>
    pattern.test(name) && name !== '__proto__' ? null : 'use the characters such names have';

function namesAt(
  given: Fields,
  kind: 'modules' | 'functions' | 'env' | 'secrets',
  problem: (name: string) => string | null,
): readonly NamedRequest[] {
  const seen = new Set<string>();
  return listAt(given[kind], `permissions.${kind}`).map((item, index) => {
    const path = `permissions.${kind}[${index}]`;
    const { name, reason } = fieldsAt(item, path, ['name', 'reason']);
    const wrong = typeof name === 'string' ? problem(name) : 'write a string';
    if (typeof name !== 'string' || wrong !== null)
      throw bad(`${path}.name is no name, got ${quote(String(name))}: ${wrong}`);
    if (seen.has(name)) throw bad(`${path}.name is there twice: ${quote(name)}`);
    seen.add(name);
    return { name, reason: reasonAt(reason, path) };
  });
}
