/** What is known of a native plugin's module without running it. */
import type { ModuleInfo } from '../layout.ts';
import { signatureOf } from '../module.ts';
import { ValueType } from '../types.ts';
import { ENV_MODULE, EXTISM_MODULE, MEMORY_IMPORT, USER_MODULE } from './imports.ts';

/**
 * How a module wants to be called.
 * - `wasi`: a WASI command. `_start`, JSON on standard input, JSON on standard output.
 * - `extism`: an Extism plugin. Functions without parameters that use the input, output and variables of that interface.
 * - `core`: `memory`, `alloc(length) → pointer`, `run(pointer, length) → pointer << 32 | length`.
 * - `functions`: exported functions over numbers.
 */
export type Abi = 'wasi' | 'extism' | 'core' | 'functions';

/** Letters of imports.ts; `?` stands for a type that is no number. */
export type FunctionSignature = readonly [params: string, results: string];

export interface PluginInfo {
  readonly abi: Abi;
  /** Import modules it names. */
  readonly imports: readonly string[];
  /** Host functions it imports from USER_MODULE, each once. */
  readonly user: readonly (readonly [name: string, signature: FunctionSignature])[];
  /** Exported functions by name, those of the toolchain included. */
  readonly functions: readonly (readonly [name: string, signature: FunctionSignature])[];
  /** It exports its memory as `memory`. */
  readonly memory: boolean;
  /** It imports its memory: pages it asks for at least, and at most. */
  readonly importsMemory: { readonly min: number; readonly max: number | null } | null;
  /** A start function runs before anything else. */
  readonly start: boolean;
}

const LETTERS: ReadonlyMap<number, string> = new Map([
  [ValueType.I32, 'i'],
  [ValueType.I64, 'I'],
  [ValueType.F32, 'f'],
  [ValueType.F64, 'F'],
]);

const letters = (types: readonly number[]): string => types.map(type => LETTERS.get(type) ?? '?').join('');

export function signatureText(module: ModuleInfo, index: number): FunctionSignature {
  const { params, results } = signatureOf(module, index);
  return [letters(params), letters(results)];
}

function matches(signature: FunctionSignature | undefined, params: string, results: string): boolean {
  return signature !== undefined && signature[0] === params && signature[1] === results;
}

function detect(module: ModuleInfo, functions: ReadonlyMap<string, FunctionSignature>, memory: boolean): Abi {
  if (module.imports.some(entry => entry.module === EXTISM_MODULE || entry.module === USER_MODULE))
    return 'extism';
  if (functions.has('_start')) return 'wasi';
  if (memory && matches(functions.get('alloc'), 'i', 'i') && matches(functions.get('run'), 'ii', 'I'))
    return 'core';
  return 'functions';
}

export function pluginInfo(module: ModuleInfo): PluginInfo {
  const functions = new Map<string, FunctionSignature>();
  for (const { name, kind, index } of module.exports) {
    if (kind === 'function') functions.set(name, signatureText(module, index));
  }
  const user = new Map<string, FunctionSignature>();
  let index = 0;
  for (const { module: from, name, kind } of module.imports) {
    if (kind !== 'function') continue;
    if (from === USER_MODULE) user.set(name, signatureText(module, index));
    index++;
  }
  const imported = module.imports.find(
    ({ module: from, name, kind }) => from === ENV_MODULE && name === MEMORY_IMPORT && kind === 'memory',
  );
  const memory = module.exports.some(({ name, kind }) => name === 'memory' && kind === 'memory');
  return {
    abi: detect(module, functions, memory),
    imports: [...new Set(module.imports.map(entry => entry.module))],
    user: [...user],
    functions: [...functions],
    memory,
    importsMemory:
      imported?.limits === undefined ? null : { min: imported.limits.min, max: imported.limits.max ?? null },
    start: module.start !== undefined,
  };
}

/** Names that toolchains export for the host, not for the plugin's callers. */
const TOOLCHAIN: ReadonlySet<string> = new Set([
  '_initialize',
  '_start',
  'hs_init',
  'asyncify_start_unwind',
  'asyncify_stop_unwind',
  'asyncify_start_rewind',
  'asyncify_stop_rewind',
  'asyncify_get_state',
  '__wasm_call_ctors',
  '__wasm_call_dtors',
  '__wasm_init_memory',
  '__wasm_apply_data_relocs',
  '__new',
  '__pin',
  '__unpin',
  '__collect',
  'alloc',
]);

/** The functions a caller may name as entry. */
export function entriesOf({ abi, functions }: PluginInfo): string[] {
  const names = functions.filter(([name]) => !TOOLCHAIN.has(name));
  if (abi === 'wasi') return ['_start'];
  if (abi === 'core') return ['run'];
  const callable = names.filter(([, [params, results]]) =>
    abi === 'extism'
      ? params === '' && (results === '' || results === 'i')
      : !params.includes('?') && !results.includes('?'),
  );
  return callable.map(([name]) => name);
}
