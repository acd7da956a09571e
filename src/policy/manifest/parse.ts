/** From the text of `citadel.json` to a manifest, or to the first thing that is wrong with it. */
import { SandboxError } from '../../core/errors.ts';
import { parseJson } from '../../core/json.ts';
import { checkLimit, LIMIT_NAMES, type LimitName, type Limits, SANDBOX_LIMITS } from '../../core/limits.ts';
import { keyPath } from '../copy.ts';
import { deepFreeze } from '../freeze.ts';
import { filePathProblem } from './file-path.ts';
import { permissionsAt } from './permissions.ts';
import { bad, type Fields, fieldsAt, lineAt, oneOf, quote } from './read.ts';
import { checkSchema } from './schema.ts';
import { parseVersion } from './semver.ts';
import type { Author, ContentKind, Manifest } from './types.ts';

/** Name of the file. */
export const MANIFEST_FILE = 'citadel.json';
export const MANIFEST_CHARS = 262_144;
const MODULES = 100;

const KEYS: readonly string[] = [
  ...[
    'name',
    'version',
    'runtime',
    'language',
    'entry',
    'modules',
    'call',
    'description',
    'author',
    'license',
  ],
  ...['permissions', 'input', 'output', 'content', 'limits'],
];
const NAME = /^(?=.{1,64}$)[a-z0-9]+(?:[-.][a-z0-9]+)*$/;
const SPECIFIER = /^[\w@][\w@./-]{0,255}$/;

export function isPluginName(name: unknown): name is string {
  return typeof name === 'string' && NAME.test(name);
}

/** @throws SandboxError MANIFEST_INVALID naming the path, or LIMIT_OUT_OF_RANGE */
export function parseManifest(text: string): Manifest {
  const read = parseJson(text, {
    chars: MANIFEST_CHARS,
    depth: 40,
    entries: 20_000,
    keyChars: 256,
    stringChars: 10_000,
    bigIntegers: 'refuse',
    harmless: true,
  });
  if (!read.ok) throw bad(`${MANIFEST_FILE}: ${read.problem}, at character ${read.at + 1}`);
  const given = fieldsAt(read.value ?? null, MANIFEST_FILE, KEYS);
  const { name, version, author } = given;
  if (!isPluginName(name))
    throw bad(
      `name must be lower case letters, digits, and single - or . between them, at most 64, got ${quote(String(name))}`,
    );
  if (typeof version !== 'string' || parseVersion(version) === null)
    throw bad(`version must be a semantic version such as "1.2.0", got ${quote(String(version))}`);
  const runtime = oneOf(given['runtime'], 'runtime', ['javascript', 'python', 'wasm']);
  const { input = true, output = true, content } = given;
  checkSchema(input, 'input');
  checkSchema(output, 'output');
  return deepFreeze({
    name,
    version,
    runtime,
    language: languageAt(given['language'], runtime),
    entry: fileAt(given['entry'], 'entry'),
    modules: modulesAt(given['modules'], runtime),
    call: callAt(given['call'], runtime),
    description: lineAt(given['description'], 'description', 500, ''),
    author: author === undefined ? null : authorAt(author),
    license: lineAt(given['license'], 'license', 100, ''),
    permissions: permissionsAt(given['permissions'], runtime),
    input: input as Manifest['input'],
    output: output as Manifest['output'],
    content:
      content === undefined
        ? null
        : oneOf<ContentKind>(content, 'content', ['html', 'markdown', 'url', 'csv']),
    limits: limitsAt(given['limits']),
  });
}

function languageAt(value: unknown, runtime: Manifest['runtime']): Manifest['language'] {
  if (value === undefined) return 'javascript';
  if (runtime !== 'javascript') throw bad('language is for the runtime "javascript"; leave it out');
  return oneOf(value, 'language', ['javascript', 'typescript']);
}

function fileAt(value: unknown, path: string): string {
  if (typeof value !== 'string')
    throw bad(`${path} must be the path of a file in the package, such as "main.js"`);
  const problem = filePathProblem(value);
  if (problem !== null) throw bad(`${path} must be a path in the package; ${problem}, got ${quote(value)}`);
  if (value === MANIFEST_FILE) throw bad(`${path} must name another file than the manifest`);
  return value;
}

function modulesAt(value: unknown, runtime: Manifest['runtime']): Manifest['modules'] {
  if (value === undefined) return {};
  if (runtime !== 'javascript') throw bad('modules is for the runtime "javascript"; leave it out');
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw bad('modules must map names to files of the package');
  const entries = Object.entries(value);
  if (entries.length > MODULES)
    throw bad(`modules must have at most ${MODULES} entries, got ${entries.length}`);
  const modules: Record<string, string> = {};
  for (const [name, file] of entries) {
    const path = keyPath('modules', name);
    if (!SPECIFIER.test(name)) throw bad(`${path} must be a bare name such as "util"`);
    modules[name] = fileAt(file, path);
  }
  return modules;
}

function callAt(value: unknown, runtime: Manifest['runtime']): Manifest['call'] {
  if (value === undefined) return {};
  if (runtime !== 'wasm') throw bad('call is for the runtime "wasm"; leave it out');
  const { function: name, output } = fieldsAt(value, 'call', ['function', 'output']);
  return {
    ...(name === undefined ? {} : { function: lineAt(name, 'call.function', 256) }),
    ...(output === undefined
      ? {}
      : { output: oneOf(output, 'call.output', ['auto', 'json', 'text', 'bytes']) }),
  };
}

function authorAt(value: unknown): Author {
  const { name, email, url } = fieldsAt(value, 'author', ['name', 'email', 'url']);
  return {
    name: lineAt(name, 'author.name', 100),
    ...(email === undefined ? {} : { email: lineAt(email, 'author.email', 200) }),
    ...(url === undefined ? {} : { url: lineAt(url, 'author.url', 500) }),
  };
}

function limitsAt(value: unknown): Partial<Limits> {
  const given: Fields = fieldsAt(value, 'limits', LIMIT_NAMES);
  const limits: Partial<Record<LimitName, number>> = {};
  for (const name of Object.keys(given) as LimitName[]) {
    if (SANDBOX_LIMITS.includes(name))
      throw bad(`limits.${name} holds for all plugins together; leave it out`);
    try {
      limits[name] = checkLimit(name, given[name], `limits.${name}`);
    } catch (error) {
      throw error instanceof SandboxError ? bad(error.message) : error;
    }
  }
  return limits;
}
