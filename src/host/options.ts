/** Checks of what a caller passes. Unknown names are refused, because a misspelt limit is no limit. */
import { SandboxError } from '../core/errors.ts';
import type { LogEntry, RuntimeName } from '../core/result.ts';
import type { Value } from '../core/value.ts';
import type { SecretValues } from '../egress/index.ts';
import type { RunOptions, SandboxOptions } from './api.ts';

const NAME_CHARS = 256;
const RUN_KEYS: readonly string[] = [
  'runtime',
  'code',
  'input',
  'entry',
  'args',
  'output',
  'files',
  'packages',
  'language',
  'fileName',
  'plugin',
  'signal',
  'onLog',
  'secrets',
  'functions',
  'limits',
];
/** Options of a program that is only read. */
export const CHECK_KEYS: readonly string[] = ['runtime', 'code', 'fileName', 'plugin', 'packages'];
const SANDBOX_KEYS: readonly string[] = [
  'policy',
  'modules',
  'secrets',
  'functions',
  'onFunctionError',
  'egressProxy',
];
const NO_SECRETS: SecretValues = Object.freeze({});

const invalid = (message: string): SandboxError => new SandboxError('INVALID_ARGUMENT', message);

function checkObject(value: unknown, what: string, keys: readonly string[]): void {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw invalid(`${what} takes one object, got ${value === null ? 'null' : typeof value}`);
  }
  for (const key of Object.keys(value)) {
    if (!keys.includes(key))
      throw invalid(`${what} knows no option ${JSON.stringify(key)}; it knows ${keys.join(', ')}`);
  }
}

function text(value: unknown, name: string, fallback: string): string {
  if (value === undefined) return fallback;
  if (typeof value !== 'string' || value === '' || value.length > NAME_CHARS || value.includes('\0')) {
    throw invalid(`${name} must be a string of 1 to ${NAME_CHARS} characters without NUL`);
  }
  return value;
}

type Output = 'auto' | 'json' | 'text' | 'bytes';

export interface CheckedRun {
  readonly runtime: RuntimeName;
  readonly code: string | Uint8Array;
  readonly input: Value;
  readonly language: 'javascript' | 'typescript';
  readonly fileName: string;
  readonly plugin: string;
  readonly signal: AbortSignal | undefined;
  readonly onLog: ((entry: LogEntry) => void) | undefined;
  readonly limits: unknown;
  readonly secrets: SecretValues;
  readonly functions: unknown;
  readonly entry: string;
  readonly args: readonly string[];
  readonly output: Output;
  readonly files: unknown;
  readonly packages: unknown;
  /** Read, and not run: Python only. */
  readonly check: boolean;
}

const RUNTIMES: readonly RuntimeName[] = ['javascript', 'wasm', 'python'];
const OUTPUTS: readonly Output[] = ['auto', 'json', 'text', 'bytes'];
const NATIVE_KEYS = ['entry', 'args', 'output'] as const;
const MAX_ARGS = 1000;
const ARGS_CHARS = 65_536;
const FILE_NAMES = {
  javascript: 'plugin.js',
  typescript: 'plugin.ts',
  wasm: 'plugin.wasm',
  python: 'plugin.py',
};

function checkCode(runtime: RuntimeName, code: unknown): string | Uint8Array {
  if (runtime === 'wasm') {
    if (code instanceof Uint8Array) return code;
    throw invalid(`code must be a Uint8Array with the module's bytes, got ${typeof code}`);
  }
  if (typeof code === 'string') return code;
  throw invalid(`code must be a string, got ${typeof code}`);
}

function checkArgs(args: unknown): readonly string[] {
  if (args === undefined) return [];
  if (!Array.isArray(args)) throw invalid('args must be an array of strings');
  const copy: unknown[] = Array.from(args as unknown[]);
  let chars = 0;
  for (const [index, arg] of copy.entries()) {
    if (typeof arg !== 'string' || arg.includes('\0'))
      throw invalid(`args[${index}] must be a string without NUL`);
    chars += arg.length;
  }
  if (copy.length > MAX_ARGS || chars > ARGS_CHARS) {
    throw invalid(`args must be at most ${MAX_ARGS} strings of ${ARGS_CHARS} characters together`);
  }
  return copy as string[];
}

export function checkRunOptions(
  options: RunOptions,
  what = 'run()',
  keys: readonly string[] = RUN_KEYS,
): CheckedRun {
  checkObject(options, what, keys);
  // Each option is read once: what was checked is what is used.
  const {
    runtime,
    code,
    input,
    language,
    fileName,
    plugin,
    signal,
    onLog,
    limits,
    secrets,
    functions,
    ...native
  } = options;
  if (!RUNTIMES.includes(runtime)) {
    throw invalid(
      `runtime must be ${RUNTIMES.map(name => JSON.stringify(name)).join(' or ')}, got ${JSON.stringify(runtime)}`,
    );
  }
  const checkedCode = checkCode(runtime, code);
  if (
    language !== undefined &&
    (runtime !== 'javascript' || (language !== 'javascript' && language !== 'typescript'))
  ) {
    throw invalid(
      runtime === 'javascript'
        ? `language must be "javascript" or "typescript", got ${JSON.stringify(language)}`
        : 'language is an option of the runtime "javascript"',
    );
  }
  if (runtime !== 'wasm') {
    const stray = NATIVE_KEYS.find(key => native[key] !== undefined);
    if (stray !== undefined) throw invalid(`${stray} is an option of the runtime "wasm"`);
    if (runtime === 'javascript' && native.files !== undefined)
      throw invalid('files is an option of the runtimes "wasm" and "python"');
  }
  if (runtime !== 'python' && native.packages !== undefined)
    throw invalid('packages is an option of the runtime "python"');
  const { entry, args, output = 'auto', files, packages } = native;
  if (!OUTPUTS.includes(output))
    throw invalid(`output must be one of ${OUTPUTS.join(', ')}, got ${JSON.stringify(output)}`);
  if (signal !== undefined && !(signal instanceof AbortSignal))
    throw invalid('signal must be an AbortSignal');
  if (onLog !== undefined && typeof onLog !== 'function') throw invalid('onLog must be a function');
  return {
    runtime,
    code: checkedCode,
    input,
    language: language ?? 'javascript',
    fileName: text(
      fileName,
      'fileName',
      FILE_NAMES[runtime === 'javascript' ? (language ?? 'javascript') : runtime],
    ),
    plugin: text(plugin, 'plugin', 'default'),
    signal,
    onLog,
    limits,
    secrets: checkSecrets(secrets, 'secrets'),
    functions,
    entry: entry === undefined ? '' : text(entry, 'entry', ''),
    args: checkArgs(args),
    output,
    files,
    packages,
    check: false,
  };
}

/** A copy: what was checked is what is used. The values themselves are the network controller's to check. */
export function checkSecrets(secrets: SecretValues | undefined, what: string): SecretValues {
  if (secrets === undefined) return NO_SECRETS;
  if (typeof secrets !== 'object' || secrets === null || Array.isArray(secrets))
    throw invalid(`${what} must map the names of policy.secrets to their values`);
  return Object.freeze(Object.assign(Object.create(null), secrets) as SecretValues);
}

export function checkSandboxOptions(options: SandboxOptions): void {
  checkObject(options, 'createSandbox()', SANDBOX_KEYS);
  checkSecrets(options.secrets, 'options.secrets');
  const { modules, onFunctionError } = options;
  if (onFunctionError !== undefined && typeof onFunctionError !== 'function')
    throw invalid('options.onFunctionError must be a function');
  if (modules === undefined) return;
  if (typeof modules !== 'object' || modules === null)
    throw invalid('options.modules must map specifiers to sources');
  for (const [name, source] of Object.entries(modules)) {
    if (typeof source !== 'string')
      throw invalid(`options.modules[${JSON.stringify(name)}] must be a string`);
  }
}

/** UTF-8 bytes of a text, without encoding it. */
export function utf8Length(value: string): number {
  let bytes = value.length;
  for (let i = 0; i < value.length; i++) {
    const unit = value.charCodeAt(i);
    if (unit < 0x80) continue;
    if (unit < 0x800) bytes += 1;
    else if (unit >= 0xd800 && unit < 0xdc00 && (value.charCodeAt(i + 1) & 0xfc00) === 0xdc00) {
      bytes += 2;
      i++;
    } else bytes += 2;
  }
  return bytes;
}
