/** Checks a policy as deeply as it goes, and fills in every default. */
import { SandboxError } from '../core/errors.ts';
import { cleanLine } from '../core/text.ts';
import { copyJson, type Json, keyPath } from './copy.ts';
import { parseNetworkPolicy, parseSecrets } from './egress/index.ts';
import { functionPatternProblem } from './functions.ts';
import { resolveLimits } from './limits.ts';
import { isInside, pathProblem } from './paths.ts';
import { DEFAULT_BLOCKED_FUNCTIONS, POLICY_CAPS, type ResolvedPolicy } from './policy.ts';
import { suggest } from './suggest.ts';

type JsonObject = { readonly [key: string]: Json };

const POLICY_KEYS: readonly string[] = [
  'network',
  'secrets',
  'modules',
  'files',
  'functions',
  'env',
  'blockedFunctions',
  'limits',
];
const DOTTED = /^[A-Za-z_$][\w$]*(?:\.[A-Za-z_$][\w$]*)*$/;
const ENV_NAME = /^[A-Za-z_]\w*$/;
const SCHEME = /^[a-z][a-z0-9+.-]*:/i;

const invalid = (message: string): SandboxError => new SandboxError('POLICY_INVALID', message);
const quote = (text: string): string => JSON.stringify(cleanLine(text, 60));

/**
 * @param value undefined is the empty policy
 * @throws SandboxError POLICY_INVALID, LIMIT_OUT_OF_RANGE or UNENFORCEABLE, naming the path
 */
export function parsePolicy(value: unknown): ResolvedPolicy {
  const copy = copyJson(value, 'policy', 'POLICY_INVALID');
  const { network, secrets, modules, files, functions, env, blockedFunctions, limits } = objectAt(
    copy,
    'policy',
    POLICY_KEYS,
  );
  const { javascript, python } = objectAt(modules, 'policy.modules', ['javascript', 'python']);
  const secretRules = parseSecrets(secrets, 'policy.secrets');
  const variables = envAt(env);
  const both = Object.keys(secretRules).find(name => Object.hasOwn(variables, name));
  if (both !== undefined)
    throw invalid(`policy.env and policy.secrets both name ${both}: a plugin sees a secret as that variable`);
  return Object.freeze({
    network: parseNetworkPolicy(network, 'policy.network'),
    secrets: secretRules,
    modules: Object.freeze({
      javascript: stringsAt(javascript, 'policy.modules.javascript', checkSpecifier),
      python: python === undefined ? null : stringsAt(python, 'policy.modules.python', checkPythonModule),
    }),
    files: mountsAt(files),
    functions: stringsAt(functions, 'policy.functions', checkFunctionPattern),
    env: variables,
    blockedFunctions:
      blockedFunctions === undefined
        ? DEFAULT_BLOCKED_FUNCTIONS
        : stringsAt(blockedFunctions, 'policy.blockedFunctions', checkFunctionPath),
    limits: resolveLimits(objectAt(limits, 'policy.limits', null), 'policy.limits'),
  });
}

/** An object with no keys but the known ones; `null` leaves keys to the caller. Absent means empty. */
function objectAt(value: Json, path: string, known: readonly string[] | null): JsonObject {
  if (value === undefined) return {};
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw invalid(`${path} must be an object, got ${describe(value)}`);
  }
  const object = value as JsonObject;
  for (const key of Object.keys(object)) {
    if (known === null || known.includes(key)) continue;
    const prefix = path === 'policy' ? '' : `${path.slice('policy.'.length)}.`;
    const hint = suggest(key, known, prefix);
    const tail = hint === null ? `; known are ${known.join(', ')}` : `; did you mean policy.${hint}?`;
    throw invalid(`${keyPath(path, key)} is unknown${tail}`);
  }
  return object;
}

function describe(value: Json): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'an array' : typeof value;
}

/** A list of distinct strings that `check` accepts. */
function stringsAt(
  value: Json,
  path: string,
  check: (text: string, path: string) => void,
): readonly string[] {
  if (value === undefined) return Object.freeze([]);
  if (!Array.isArray(value)) throw invalid(`${path} must be an array of strings, got ${describe(value)}`);
  if (value.length > POLICY_CAPS.entries) {
    throw invalid(`${path} must have at most ${POLICY_CAPS.entries} entries, got ${value.length}`);
  }
  const texts = new Set<string>();
  for (const [index, item] of (value as readonly Json[]).entries()) {
    const itemPath = `${path}[${index}]`;
    if (typeof item !== 'string') throw invalid(`${itemPath} must be a string, got ${describe(item)}`);
    check(item, itemPath);
    texts.add(item);
  }
  return Object.freeze([...texts]);
}

function mountsAt(value: Json): ResolvedPolicy['files'] {
  const { read, write } = objectAt(value, 'policy.files', ['read', 'write']);
  const check = (text: string, path: string): void => {
    const problem = pathProblem(text);
    if (problem !== null) throw invalid(`${path}: ${problem}, got ${quote(text)}`);
  };
  const mounts = {
    read: stringsAt(read, 'policy.files.read', check),
    write: stringsAt(write, 'policy.files.write', check),
  };
  const all = [...mounts.read, ...mounts.write];
  for (const [index, mount] of all.entries()) {
    const other = all.find((path, at) => at !== index && (path === mount || isInside(path, mount)));
    if (other !== undefined)
      throw invalid(
        `policy.files must not name ${quote(other)} inside ${quote(mount)}: one rule for each path`,
      );
  }
  return Object.freeze(mounts);
}

function checkSpecifier(text: string, path: string): void {
  const { moduleChars } = POLICY_CAPS;
  if (text === '' || text.length > moduleChars) {
    throw invalid(`${path} must be a module name of 1 to ${moduleChars} characters`);
  }
  if (SCHEME.test(text)) {
    throw invalid(
      `${path} must be a bare module name, not a URL, got ${quote(text)}; supply the source in options.modules`,
    );
  }
  if (/^[./\\]/.test(text)) {
    throw invalid(`${path} must be a bare module name, not a path, got ${quote(text)}`);
  }
  if (/[\s\\\p{C}]/u.test(text)) {
    throw invalid(`${path} must not contain spaces, backslashes or control characters, got ${quote(text)}`);
  }
}

function checkPythonModule(text: string, path: string): void {
  const { moduleChars } = POLICY_CAPS;
  if (text.length > moduleChars || !/^[\p{L}_][\p{L}\p{N}_]*(\.[\p{L}_][\p{L}\p{N}_]*)*$/u.test(text))
    throw invalid(`${path} must be a module such as "json" or "urllib.parse", got ${quote(text)}`);
}

function checkFunctionPattern(text: string, path: string): void {
  const problem = functionPatternProblem(text);
  if (problem !== null)
    throw invalid(
      `${path} must be a host function such as "crm.find", or "kv.*", got ${quote(text)}: ${problem}`,
    );
}

function checkFunctionPath(text: string, path: string): void {
  const { functionChars } = POLICY_CAPS;
  if (text.length > functionChars) throw invalid(`${path} must have at most ${functionChars} characters`);
  if (!DOTTED.test(text)) {
    throw invalid(
      `${path} must be a name or a dotted path such as "eval" or "Math.random", got ${quote(text)}`,
    );
  }
}

function envAt(value: Json): Readonly<Record<string, string>> {
  const { entries, envNameChars, envValueChars } = POLICY_CAPS;
  const given = Object.entries(objectAt(value, 'policy.env', null));
  if (given.length > entries)
    throw invalid(`policy.env must have at most ${entries} entries, got ${given.length}`);
  const env: Record<string, string> = {};
  for (const [name, text] of given) {
    const path = keyPath('policy.env', name);
    if (name.length > envNameChars || !ENV_NAME.test(name) || name === '__proto__') {
      throw invalid(`${path} must be named with letters, digits and _, at most ${envNameChars} characters`);
    }
    if (typeof text !== 'string') throw invalid(`${path} must be a string, got ${describe(text)}`);
    if (text.length > envValueChars) {
      throw invalid(`${path} must have at most ${envValueChars} characters, got ${text.length}`);
    }
    if (text.includes('\0')) throw invalid(`${path} must not contain NUL`);
    env[name] = text;
  }
  return Object.freeze(env);
}
