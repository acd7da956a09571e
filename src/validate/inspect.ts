/** What a native plugin's module is, wants, and would be given, read from its bytes. Nothing of it runs or is compiled. */
import type { ErrorCode } from '../core/errors.ts';
import { SandboxError } from '../core/errors.ts';
import { cleanLine } from '../core/text.ts';
import { type ModuleInfo, prescan, WasmFormatError } from '../instrument/index.ts';
import {
  type Abi,
  checkPlugin,
  ENV_MODULE,
  entriesOf,
  IMPORTS,
  MEMORY_IMPORT,
  type PluginInfo,
  pluginInfo,
  refusalOf,
  USER_MODULE,
} from '../instrument/plugin/index.ts';
import { parsePolicy } from '../policy/index.ts';
import type { PluginSecurityPolicy } from '../policy/policy.ts';

export interface InspectOptions {
  /** The module's bytes. */
  readonly code: Uint8Array;
  /** Against whose limits it is held. Default: the empty policy. */
  readonly policy?: PluginSecurityPolicy;
}

export interface InspectedImport {
  readonly module: string;
  readonly name: string;
  readonly kind: 'function' | 'table' | 'memory' | 'global' | 'tag';
  /** Whether a plugin is given it at all. */
  readonly granted: boolean;
}

export interface InspectedFunction {
  readonly name: string;
  /** Types such as `i32`; `other` for what is no number. */
  readonly params: readonly string[];
  readonly results: readonly string[];
}

export interface InspectionProblem {
  /** The code a run would fail with. */
  readonly code: ErrorCode;
  readonly message: string;
}

/** Names are the module's own, cleaned of control characters and cut at 200 characters. */
export interface InspectionReport {
  /** A run would get as far as calling it, unless its code does not validate. */
  readonly valid: boolean;
  readonly bytes: number;
  /** Null when the module cannot be read. */
  readonly abi: Abi | null;
  /** Functions a run may name as `entry`. */
  readonly entries: readonly InspectedFunction[];
  readonly imports: readonly InspectedImport[];
  /** Pages of 64 KiB the memory starts with and may ask for (null: no maximum of its own); null without a memory. */
  readonly memoryPages: { readonly initial: number; readonly maximum: number | null } | null;
  /** Pages the policy's memoryBytes allows. */
  readonly grantedPages: number;
  readonly functions: number;
  readonly exports: number;
  /** A start function runs before anything else. */
  readonly start: boolean;
  readonly customSections: readonly string[];
  readonly problems: readonly InspectionProblem[];
}

const PAGE_BYTES = 65_536;
const NAME_CHARS = 200;
const TYPE_NAMES: Readonly<Record<string, string>> = { i: 'i32', I: 'i64', f: 'f32', F: 'f64' };

const clean = (name: string): string => cleanLine(name, NAME_CHARS);
const typeNames = (letters: string): string[] => [...letters].map(letter => TYPE_NAMES[letter] ?? 'other');

function isGranted(module: string, name: string, kind: string): boolean {
  if (kind === 'memory') return module === ENV_MODULE && name === MEMORY_IMPORT;
  // Any name: which host functions there are is said when it runs.
  if (module === USER_MODULE) return kind === 'function';
  return kind === 'function' && IMPORTS.get(module)?.has(name) === true;
}

function read(code: Uint8Array): ModuleInfo | WasmFormatError {
  try {
    return prescan(code);
  } catch (error) {
    if (error instanceof WasmFormatError) return error;
    throw error;
  }
}

function entryList(info: PluginInfo): InspectedFunction[] {
  const signatures = new Map(info.functions);
  return entriesOf(info).map(name => {
    const [params, results] = signatures.get(name) ?? ['', ''];
    return { name: clean(name), params: typeNames(params), results: typeNames(results) };
  });
}

/** What stands in the way, in the order in which a run would find it. */
function problemsOf(
  module: ModuleInfo,
  grantedPages: number,
  moduleBytes: number,
  maxBytes: number,
): InspectionProblem[] {
  const problems: InspectionProblem[] = [];
  if (moduleBytes > maxBytes) {
    problems.push({
      code: 'CODE_TOO_LARGE',
      message: `the module has ${moduleBytes} bytes; limits.moduleBytes = ${maxBytes}`,
    });
  }
  try {
    checkPlugin(module);
  } catch (error) {
    const { code, message } = refusalOf(error);
    problems.push({ code, message: cleanLine(message, 1024) });
  }
  const initial = memoryOf(module)?.initial ?? 0;
  if (initial > grantedPages) {
    problems.push({
      code: 'MEMORY_LIMIT',
      message: `the memory starts with ${initial} pages; limits.memoryBytes allows ${grantedPages}`,
    });
  }
  return problems;
}

function memoryOf(module: ModuleInfo): InspectionReport['memoryPages'] {
  const imported = module.imports.find(entry => entry.kind === 'memory')?.limits;
  const limits = imported ?? module.memories[0];
  return limits === undefined ? null : { initial: limits.min, maximum: limits.max ?? null };
}

/**
 * Reads a module without running, validating or compiling it; its size decides the time, at about a millisecond for ten
 * megabytes.
 * @throws SandboxError INVALID_ARGUMENT when `code` is no Uint8Array, or what a policy that is none throws
 */
export function inspect({ code, policy }: InspectOptions): InspectionReport {
  if (!(code instanceof Uint8Array)) {
    throw new SandboxError(
      'INVALID_ARGUMENT',
      `code must be a Uint8Array with the module's bytes, got ${typeof code}`,
    );
  }
  const { limits } = parsePolicy(policy);
  const grantedPages = Math.floor(limits.memoryBytes / PAGE_BYTES);
  const module = read(code);
  if (module instanceof WasmFormatError) {
    return {
      valid: false,
      bytes: code.length,
      abi: null,
      entries: [],
      imports: [],
      memoryPages: null,
      grantedPages,
      functions: 0,
      exports: 0,
      start: false,
      customSections: [],
      problems: [{ code: refusalOf(module).code, message: cleanLine(module.message, 1024) }],
    };
  }
  const problems = problemsOf(module, grantedPages, code.length, limits.moduleBytes);
  const info = pluginInfo(module);
  return {
    valid: problems.length === 0,
    bytes: code.length,
    abi: info.abi,
    entries: entryList(info),
    imports: module.imports.map(({ module: from, name, kind }) => ({
      module: clean(from),
      name: clean(name),
      kind,
      granted: isGranted(from, name, kind),
    })),
    memoryPages: memoryOf(module),
    grantedPages,
    functions: module.functions.length,
    exports: module.exports.length,
    start: module.start !== undefined,
    customSections: module.sections.flatMap(({ name }) => (name === undefined ? [] : [clean(name)])),
    problems,
  };
}
