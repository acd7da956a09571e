/**
 * PostgreSQL's own parser, compiled to WebAssembly by libpg-query. The instance gets no file, no clock and no
 * terminal: what C code may call of its surroundings fails here.
 */
import { inflateSync } from 'fflate';

/** Nodes are `{ Kind: fields }`; fields that are zero, false or absent are left out. */
export type Tree = { readonly [key: string]: unknown };

export type Parsed =
  | { readonly statements: readonly Tree[] }
  | { readonly problem: string; readonly position: number };

interface Exports {
  readonly memory: WebAssembly.Memory;
  readonly table: WebAssembly.Table;
  readonly ctors: () => void;
  readonly malloc: (bytes: number) => number;
  readonly free: (pointer: number) => void;
  readonly parse: (pointer: number) => number;
  readonly freeResult: (pointer: number) => void;
  readonly setThrew: (threw: number, value: number) => void;
  readonly stackRestore: (pointer: number) => void;
  readonly stackGet: () => number;
}

/** What C's longjmp throws through JavaScript. */
class LongJump extends Error {}

/** Enough for any statement of the length that is let in; growth ends here. */
const MEMORY_BYTES = 256 * 1024 * 1024;
const ENOSYS = 52;

const utf8 = new TextEncoder();
const text = new TextDecoder();

/** Compiled once; instances are made anew when one was left in an unknown state. */
let compiled: Promise<{ module: WebAssembly.Module; names: Names }> | undefined;
let instance: Promise<Exports> | undefined;

interface Names {
  readonly imports: Readonly<Record<string, string>>;
  readonly exports: Readonly<Record<string, string>>;
}

async function compile(): Promise<{ module: WebAssembly.Module; names: Names }> {
  const { parser } = await import('#engine/sql');
  const packed = Uint8Array.from(atob(parser.wasm), char => char.charCodeAt(0));
  const bytes = inflateSync(packed) as Uint8Array<ArrayBuffer>;
  return { module: await WebAssembly.compile(bytes), names: parser };
}

async function instantiate(): Promise<Exports> {
  compiled ??= compile();
  const { module, names } = await compiled;
  let exports: Exports | undefined;
  const of = (): Exports => {
    if (exports === undefined) throw new Error('the parser was called before it was ready');
    return exports;
  };
  const functions: Record<string, unknown> = Object.create(null);
  for (const [short, name] of Object.entries(names.imports)) functions[short] = importFor(name, of);
  const { exports: raw } = await WebAssembly.instantiate(module, {
    a: functions as WebAssembly.ModuleImports,
  });
  const named = <T>(name: string): T => {
    const found = raw[names.exports[name] ?? ''];
    if (found === undefined) throw new Error(`the parser has no ${name}`);
    // An export's type is not in the module's text: whoever names it knows.
    return found as unknown as T;
  };
  exports = {
    memory: named('memory'),
    table: named('indirect_function_table'),
    ctors: named('ctors'),
    malloc: named('malloc'),
    free: named('free'),
    parse: named('wasm_parse_query_raw'),
    freeResult: named('wasm_free_parse_result'),
    setThrew: named('setThrew'),
    stackRestore: named('emscripten_stack_restore'),
    stackGet: named('emscripten_stack_get_current'),
  };
  exports.ctors();
  return exports;
}

function importFor(name: string, of: () => Exports): (...args: never[]) => unknown {
  if (name.startsWith('invoke_')) return invoker(name.startsWith('invoke_j'), of);
  switch (name) {
    case 'emscripten_throw_longjmp':
      return () => {
        throw new LongJump();
      };
    case 'emscripten_resize_heap':
      return (size: number) => grow(of().memory, size >>> 0);
    case 'setitimer_js':
    case 'emscripten_runtime_keepalive_clear':
      return () => 0;
    case 'fd_close':
    case 'fd_read':
    case 'fd_seek':
    case 'fd_write':
      return () => ENOSYS;
    default:
      // abort, exit, failed assertions, and anything a later version may add.
      return () => {
        throw new Error(`the parser called ${name}`);
      };
  }
}

/** Calls through the table, and lets a longjmp that is thrown in there end here. */
function invoker(isWide: boolean, of: () => Exports): (...args: never[]) => unknown {
  return (index: number, ...args: readonly unknown[]) => {
    const { table, stackGet, stackRestore, setThrew } = of();
    const stack = stackGet();
    try {
      return (table.get(index) as (...args: readonly unknown[]) => unknown)(...args);
    } catch (error) {
      stackRestore(stack);
      if (!(error instanceof LongJump)) throw error;
      setThrew(1, 0);
      return isWide ? 0n : 0;
    }
  };
}

function grow(memory: WebAssembly.Memory, size: number): number {
  const have = memory.buffer.byteLength;
  if (size > MEMORY_BYTES) return 0;
  try {
    memory.grow(Math.ceil((Math.max(size, have * 1.2) - have) / 65_536));
    return 1;
  } catch {
    return 0;
  }
}

/**
 * Parses statements as PostgreSQL 18 does. The text must not contain NUL, where C would end it.
 * @throws what the platform throws when it cannot compile WebAssembly
 */
export async function parseSql(sql: string): Promise<Parsed> {
  instance ??= instantiate();
  const parser = await instance.catch(error => {
    instance = undefined;
    throw error;
  });
  try {
    return parseWith(parser, sql);
  } catch (error) {
    // Too deep for the platform's stack: where the instance's own stack stands is anybody's guess.
    instance = undefined;
    return {
      problem: error instanceof RangeError ? 'it is nested too deeply' : 'the parser gave up',
      position: 0,
    };
  }
}

function parseWith(parser: Exports, sql: string): Parsed {
  const bytes = utf8.encode(sql);
  const input = parser.malloc(bytes.length + 1);
  if (input === 0) throw new Error('out of memory');
  const heap = new Uint8Array(parser.memory.buffer);
  heap.set(bytes, input);
  heap[input + bytes.length] = 0;
  const result = parser.parse(input);
  if (result === 0) throw new Error('out of memory');
  const view = new DataView(parser.memory.buffer);
  const word = (pointer: number): number => view.getUint32(pointer, true);
  const [tree, failure] = [word(result), word(result + 8)];
  let parsed: Parsed;
  if (failure !== 0) {
    parsed = { problem: cString(parser, word(failure)), position: Math.max(0, word(failure + 16) - 1) };
  } else {
    const { stmts = [] } = JSON.parse(cString(parser, tree)) as { stmts?: readonly { stmt: Tree }[] };
    parsed = { statements: stmts.map(({ stmt }) => stmt) };
  }
  parser.freeResult(result);
  parser.free(input);
  return parsed;
}

function cString(parser: Exports, pointer: number): string {
  const heap = new Uint8Array(parser.memory.buffer);
  const end = pointer === 0 ? 0 : heap.indexOf(0, pointer);
  return text.decode(heap.subarray(pointer, end));
}
