/** Checks of what a caller passes. Unknown names are refused, because a misspelt limit is no limit. */
import { SandboxError } from '../core/errors.ts';
import type { LogEntry, RuntimeName } from '../core/result.ts';
import type { Value } from '../core/value.ts';
import type { RunOptions, SandboxOptions } from './api.ts';

const NAME_CHARS = 256;
const RUN_KEYS: readonly string[] = [
  'runtime',
  'code',
  'input',
  'language',
  'fileName',
  'plugin',
  'signal',
  'onLog',
  'limits',
];
const SANDBOX_KEYS: readonly string[] = ['policy', 'modules'];

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

export interface CheckedRun {
  readonly runtime: RuntimeName;
  readonly code: string;
  readonly input: Value;
  readonly language: 'javascript' | 'typescript';
  readonly fileName: string;
  readonly plugin: string;
  readonly signal: AbortSignal | undefined;
  readonly onLog: ((entry: LogEntry) => void) | undefined;
  readonly limits: unknown;
}

export function checkRunOptions(options: RunOptions): CheckedRun {
  checkObject(options, 'run()', RUN_KEYS);
  // Each option is read once: what was checked is what is used.
  const { runtime, code, input, language = 'javascript', fileName, plugin, signal, onLog, limits } = options;
  if (runtime !== 'javascript') throw invalid(`runtime must be "javascript", got ${JSON.stringify(runtime)}`);
  if (typeof code !== 'string') throw invalid(`code must be a string, got ${typeof code}`);
  if (language !== 'javascript' && language !== 'typescript') {
    throw invalid(`language must be "javascript" or "typescript", got ${JSON.stringify(language)}`);
  }
  if (signal !== undefined && !(signal instanceof AbortSignal))
    throw invalid('signal must be an AbortSignal');
  if (onLog !== undefined && typeof onLog !== 'function') throw invalid('onLog must be a function');
  return {
    runtime,
    code,
    input,
    language,
    fileName: text(fileName, 'fileName', language === 'typescript' ? 'plugin.ts' : 'plugin.js'),
    plugin: text(plugin, 'plugin', 'default'),
    signal,
    onLog,
    limits,
  };
}

export function checkSandboxOptions(options: SandboxOptions): void {
  checkObject(options, 'createSandbox()', SANDBOX_KEYS);
  const { modules } = options;
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
