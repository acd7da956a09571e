/**
 * The modules below `wasm/` of a checkout of Extism's js-sdk, and what should come of each here. Where its own tests say
 * what a module answers, that is what is expected; where they grant a module more than this sandbox ever does (host
 * functions, linked modules, a network), the refusal is.
 */
import type { ErrorCode, ExecutionResult, PluginSecurityPolicy, RunOptions, Value } from '../../src/index.ts';

export type Answer =
  | { readonly data: Value; readonly logs?: readonly string[] }
  | { readonly code: ErrorCode; readonly says: string; readonly denied?: readonly string[] };

export interface ExtismCase {
  /** In `wasm/`. */
  readonly file: string;
  readonly entry?: string;
  readonly input?: Value;
  readonly policy?: PluginSecurityPolicy;
  readonly files?: RunOptions['files'];
  readonly expected: Answer;
}

const MiB = 1024 * 1024;
const URL_ASKED = '{"url":"https://api.example/todos/1"}';
const NETWORK: Answer = { code: 'POLICY_DENIED', says: 'api.example', denied: ['api.example'] };
const refused = (what: string): Answer => ({ code: 'IMPORT_DENIED', says: what });
const inSixteenMiB: PluginSecurityPolicy = { limits: { memoryBytes: 16 * MiB } };
const soon: PluginSecurityPolicy = { limits: { timeoutMs: 250 } };

const plain: readonly ExtismCase[] = [
  { file: 'alloc.wasm', entry: 'run_test', expected: { data: undefined } },
  {
    file: 'code.wasm',
    entry: 'count_vowels',
    input: 'hello world',
    expected: { data: { count: 3, total: 3, vowels: 'aeiouAEIOU' } },
  },
  {
    file: 'code.wasm',
    entry: 'count_vowels',
    input: 'Yellow, World!',
    policy: { env: { vowels: 'aeiouyAEIOUY' } },
    expected: { data: { count: 4, total: 4, vowels: 'aeiouyAEIOUY' } },
  },
  {
    file: 'code.wasm',
    entry: 'reticulate_splines',
    expected: { code: 'ENTRY_NOT_FOUND', says: '"count_vowels"' },
  },
  {
    file: 'config.wasm',
    entry: 'run_test',
    policy: { env: { thing: 'hello' } },
    expected: { data: { config: 'hello' } },
  },
  {
    file: 'consume.wasm',
    entry: 'consume',
    input: new Uint8Array(MiB),
    policy: { limits: { inputBytes: 2 * MiB } },
    expected: { data: undefined },
  },
  {
    file: 'exit.wasm',
    entry: '_start',
    policy: { env: { code: '4' } },
    expected: { code: 'GUEST_ERROR', says: 'exited with code 4' },
  },
  {
    file: 'fail.wasm',
    entry: 'run_test',
    expected: { code: 'GUEST_ERROR', says: 'PluginError: Some error message' },
  },
  {
    file: 'fs.wasm',
    entry: 'run_test',
    policy: { files: { write: ['/mnt'] } },
    files: { '/mnt/test.txt': 'hello world!' },
    expected: { data: 'hello world!' },
  },
  {
    file: 'fs.wasm',
    entry: 'run_test',
    expected: { code: 'GUEST_ERROR', says: 'run_test' },
  },
  { file: 'hello.wasm', entry: 'run_test', expected: { data: 'Hello, world!' } },
  {
    file: 'hello_haskell.wasm',
    entry: 'testing',
    input: 'John',
    policy: { env: { greeting: 'Howdy' } },
    expected: { data: 'Howdy, John' },
  },
  {
    file: 'input_offset.wasm',
    entry: 'input_offset_length',
    input: 'hello world',
    expected: { data: Uint8Array.of(11, 0, 0, 0, 0, 0, 0, 0) },
  },
  {
    file: 'log.wasm',
    entry: 'run_test',
    expected: {
      data: undefined,
      logs: [
        'debug: this is a trace log',
        'debug: this is a debug log',
        'info: this is an info log',
        'warn: this is a warning log',
        'error: this is an error log',
      ],
    },
  },
  {
    file: 'memory.wasm',
    entry: 'alloc_memory',
    input: JSON.stringify({ bytes: 5 * MiB }),
    policy: inSixteenMiB,
    expected: { data: undefined },
  },
  {
    file: 'memory.wasm',
    entry: 'alloc_memory',
    input: JSON.stringify({ bytes: 64 * MiB }),
    policy: inSixteenMiB,
    expected: { code: 'GUEST_ERROR', says: 'Failed to allocate memory' },
  },
  { file: 'memory.wasm', entry: 'alloc_var', input: '{"bytes":1024}', expected: { data: undefined } },
  {
    file: 'memory.wasm',
    entry: 'alloc_var',
    input: JSON.stringify({ bytes: 2 * MiB }),
    expected: { code: 'GUEST_ERROR', says: 'variables hold at most' },
  },
  { file: 'var.wasm', entry: 'run_test', expected: { data: 'a: 0' } },
  {
    file: 'wasistdout.wasm',
    entry: 'say_hello',
    expected: { data: undefined, logs: ['log: hello world'] },
  },
];

const contained: readonly ExtismCase[] = [
  { file: 'http.wasm', entry: 'http_get', input: URL_ASKED, expected: NETWORK },
  { file: 'http_headers.wasm', entry: 'http_get', input: URL_ASKED, expected: NETWORK },
  { file: 'loop-forever.wasm', entry: 'loop', policy: soon, expected: { code: 'TIMEOUT', says: '250' } },
  { file: 'loop-forever-init.wasm', entry: 'loop', policy: soon, expected: { code: 'TIMEOUT', says: '250' } },
  { file: '02-var-reflected.wasm', entry: 'test', expected: refused('"user"."test"') },
  { file: 'circular.wasm', entry: 'encalculate', expected: refused('"lhs"."mul_two"') },
  { file: 'circular-lhs.wasm', entry: 'mul_two', expected: refused('"rhs"."add_one"') },
  { file: 'circular-rhs.wasm', entry: 'add_one', expected: refused('"lhs"."mul_two"') },
  {
    file: 'code-functions.wasm',
    entry: 'count_vowels',
    expected: refused('"extism:host/user"."hello_world"'),
  },
  { file: 'fs-link.wasm', entry: 'run_test', expected: refused('"side"."run_test"') },
  { file: 'reflect.wasm', entry: 'reflect', expected: refused('"extism:host/user"."host_reflect"') },
  { file: 'sleep.wasm', entry: 'sleep', expected: refused('"extism:host/user"') },
  // Made to be linked with another module: it has no function a plugin would have.
  { file: 'upper.wasm', expected: { code: 'ENTRY_NOT_FOUND', says: 'no function that could be called' } },
];

export const CASES: readonly ExtismCase[] = [...plain, ...contained];

/** What a result is, in the terms of an answer. */
export function answerOf({ report, ...result }: ExecutionResult): Answer {
  return result.success
    ? { data: result.data, logs: report.logs.map(({ level, text }) => `${level}: ${text}`) }
    : {
        code: result.error.code,
        says: result.error.message,
        denied: report.denials.map(({ subject }) => subject),
      };
}
