/**
 * Takes every global away from a worker except what the engine needs. Runs first in a cell's worker, before the
 * engine's text. A list of what stays, not of what goes: a browser adds an interface every few weeks.
 *
 * Names are removed from the whole prototype chain of the global object: a method deleted from the global only would
 * still be callable through `WorkerGlobalScope.prototype`.
 */
const KEEP: ReadonlySet<string> = new Set([
  'Object', 'Function', 'Array', 'Number', 'parseFloat', 'parseInt', 'Infinity', 'NaN', 'undefined', 'Boolean',
  'String', 'Symbol', 'Date', 'Promise', 'RegExp', 'Error', 'AggregateError', 'EvalError', 'RangeError',
  'ReferenceError', 'SyntaxError', 'TypeError', 'URIError', 'globalThis', 'JSON', 'Math', 'ArrayBuffer', 'Atomics',
  'Uint8Array', 'Int8Array', 'Uint16Array', 'Int16Array', 'Uint32Array', 'Int32Array', 'Float32Array', 'Float64Array',
  'Uint8ClampedArray', 'BigUint64Array', 'BigInt64Array', 'DataView', 'Map', 'BigInt', 'Set', 'WeakMap', 'WeakSet',
  'Proxy', 'Reflect', 'decodeURI', 'decodeURIComponent', 'encodeURI', 'encodeURIComponent', 'isFinite', 'isNaN',
  'SharedArrayBuffer', 'Iterator', 'WebAssembly',
  // Declared by the engine's bundle in the same script, so it is there (undefined) before its text has run.
  'citadelProgram',
]); // biome-ignore format: a table

/**
 * The native runtime checks and compiles modules in the cell: a compiled one cannot come from the page. A plugin that waits for
 * the network is suspended where it cannot keep the thread.
 */
const KEEP_WASM: ReadonlySet<string> = new Set([
  'validate', 'Module', 'Instance', 'Memory', 'Table', 'Global', 'RuntimeError', 'LinkError', 'CompileError', 'Tag', 'Exception',
  'Suspending', 'promising', 'SuspendError',
]); // biome-ignore format: a table

const KEEP_ATOMICS: ReadonlySet<string> = new Set([
  'load', 'store', 'notify', 'exchange', 'compareExchange', 'add', 'wait',
]); // biome-ignore format: a table

const NOTHING: ReadonlySet<string> = new Set();

/** A constant that cannot be removed, such as Chromium's `TEMPORARY`, is no power. */
function isConstant(target: object, key: string | symbol): boolean {
  const found = Reflect.getOwnPropertyDescriptor(target, key);
  return found !== undefined && 'value' in found && Object(found.value) !== found.value;
}

/** Removes what is not kept; answers the names that could not be removed. */
function prune(target: object, keep: ReadonlySet<string>): string[] {
  const left: string[] = [];
  for (const key of Reflect.ownKeys(target)) {
    if (typeof key === 'string' && keep.has(key)) continue;
    if (!Reflect.deleteProperty(target, key) && !isConstant(target, key)) left.push(String(key));
  }
  return left;
}

/** Answers the names that are still there although they should not be: the cell must then not start. */
export function scrub(scope: object, intl: boolean): string[] {
  // Frames of a stack trace could be handed to hostile code as objects; without a limit in a data property V8
  // collects none.
  Object.defineProperty(Error, 'stackTraceLimit', {
    get: () => 0,
    set: () => {},
    enumerable: false,
    configurable: false,
  });
  Reflect.deleteProperty(Error, 'captureStackTrace');
  Reflect.deleteProperty(Date.prototype, 'toTemporalInstant');
  const left = [
    ...prune(WebAssembly, KEEP_WASM),
    ...prune(Atomics, KEEP_ATOMICS),
    ...prune(scope, intl ? new Set([...KEEP, 'Intl']) : KEEP),
  ];
  for (
    let proto: object | null = Object.getPrototypeOf(scope);
    proto !== null && proto !== Object.prototype;
    proto = Object.getPrototypeOf(proto)
  ) {
    left.push(...prune(proto, NOTHING));
  }
  return left;
}
