/** The import allowlist, and what else a native plugin's module must not declare. */
import { WasmFormatError, type WasmRefusal } from '../errors.ts';
import type { ImportEntry, ModuleInfo } from '../layout.ts';
import { signatureOf } from '../module.ts';
import {
  ENV_MODULE,
  HOST_MODULE,
  IMPORT_HINTS,
  IMPORTS,
  MEMORY_IMPORT,
  USER_MODULE,
  USER_SIGNATURE,
  WASI_MODULE,
} from './imports.ts';
import { signatureText } from './info.ts';

/** Which entry of the error table a refusal is. */
export type RefusalCode = 'WASM_INVALID' | 'IMPORT_DENIED' | 'MEMORY_LIMIT';

/** The module was read and is not let in. */
export class PluginRefused extends Error {
  override readonly name: string = 'PluginRefused';
  readonly code: RefusalCode;

  constructor(code: RefusalCode, message: string) {
    super(message);
    this.code = code;
  }
}

const NAME_CHARS = 100;
const quote = (text: string): string =>
  JSON.stringify(text.length > NAME_CHARS ? `${text.slice(0, NAME_CHARS)}…` : text);

function denied({ module, name, kind }: ImportEntry, why: string): PluginRefused {
  const hint = IMPORT_HINTS.get(module);
  return new PluginRefused(
    'IMPORT_DENIED',
    `${hint === undefined ? '' : `${hint}: `}the module imports the ${kind} ${quote(module)}.${quote(name)}, ${why}`,
  );
}

function checkImports(module: ModuleInfo): void {
  let functionIndex = 0;
  for (const entry of module.imports) {
    const { kind, name } = entry;
    if (kind === 'memory' && entry.module === ENV_MODULE && name === MEMORY_IMPORT) continue;
    if (kind === 'function' && entry.module === USER_MODULE) {
      const signature = signatureText(module, functionIndex++).join(':');
      if (USER_SIGNATURE.test(signature)) continue;
      throw denied(entry, `with the signature ${signature}: host functions take and return i64`);
    }
    const wanted = kind === 'function' ? IMPORTS.get(entry.module)?.get(name) : undefined;
    if (wanted === undefined) throw denied(entry, 'which no plugin is given');
    const signature = signatureText(module, functionIndex++).join(':');
    if (signature !== wanted) throw denied(entry, `with the signature ${signature} instead of ${wanted}`);
  }
}

/** i32, i64, f32, f64, v128: every other type is a reference to something of the host's. */
const LOWEST_NUMBER_TYPE = 0x7b;

function checkExports(module: ModuleInfo): void {
  const names = new Set<string>();
  for (const { name, kind, index } of module.exports) {
    // Validation refuses it, too; but that comes later.
    if (names.has(name))
      throw new PluginRefused('WASM_INVALID', `the export ${quote(name)} is declared twice`);
    names.add(name);
    if (name === 'memory' && kind !== 'memory') {
      throw new PluginRefused('WASM_INVALID', `the export "memory" is a ${kind}, not a memory`);
    }
    if (kind === 'tag')
      throw new PluginRefused('WASM_INVALID', `the module exports the exception tag ${quote(name)}`);
    if (kind === 'global' && (module.globalTypes[index] ?? 0) < LOWEST_NUMBER_TYPE)
      throw new PluginRefused('WASM_INVALID', `the exported global ${quote(name)} is a reference`);
    if (kind !== 'function') continue;
    const { params, results } = signatureOf(module, index);
    if ([...params, ...results].some(type => type < LOWEST_NUMBER_TYPE)) {
      throw new PluginRefused(
        'WASM_INVALID',
        `the exported function ${quote(name)} takes or returns references`,
      );
    }
  }
}

/** WASI's functions, and calls of host functions, take addresses: without a memory to look into they would mean nothing. */
function checkMemory(module: ModuleInfo): void {
  const uses = module.imports.find(entry => entry.module === WASI_MODULE || entry.module === HOST_MODULE);
  const has = module.importCounts.memory > 0 || module.exports.some(({ name }) => name === 'memory');
  if (uses !== undefined && !has)
    throw new PluginRefused(
      'WASM_INVALID',
      `export the memory as "memory": the module imports functions of ${uses.module}`,
    );
}

export function checkPlugin(module: ModuleInfo): void {
  checkImports(module);
  checkExports(module);
  checkMemory(module);
}

/** The same words for everyone who prepares a module. */
export function refusalOf(error: unknown): PluginRefused {
  if (error instanceof PluginRefused) return error;
  if (error instanceof WasmFormatError) {
    const memory = error.refusal === ('limit' satisfies WasmRefusal) && /memory/.test(error.message);
    return new PluginRefused(memory ? 'MEMORY_LIMIT' : 'WASM_INVALID', error.message);
  }
  throw error;
}
