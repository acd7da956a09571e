/**
 * Runs first inside a fresh cell realm, before the engine's bundle, and closes the ways in which a realm made by
 * `node:vm` can get hold of an object of the surrounding realm. Bundled to an IIFE; its value is used by the shell.
 *
 * Measured leaks and their cures:
 * - Node formats `error.stack` through a callback of the main realm, which throws main-realm errors when `name` or
 *   `message` are Symbols or the stack overflows meanwhile. V8 collects no frames when `Error.stackTraceLimit` is not
 *   a data property, and then has nothing to format.
 * - `WebAssembly.compileStreaming` and `Temporal` may be materialised in the main realm.
 * - `console` and `Atomics.waitAsync` reach the inspector and the platform's task queue.
 * Everything the engine does not need goes: the list names what stays.
 */
const KEEP: ReadonlySet<string> = new Set([
  'Object', 'Function', 'Array', 'Number', 'parseFloat', 'parseInt', 'Infinity', 'NaN', 'undefined', 'Boolean',
  'String', 'Symbol', 'Date', 'Promise', 'RegExp', 'Error', 'AggregateError', 'EvalError', 'RangeError',
  'ReferenceError', 'SyntaxError', 'TypeError', 'URIError', 'globalThis', 'JSON', 'Math', 'ArrayBuffer', 'Atomics',
  'Uint8Array', 'Int8Array', 'Uint16Array', 'Int16Array', 'Uint32Array', 'Int32Array', 'Float32Array', 'Float64Array',
  'Uint8ClampedArray', 'BigUint64Array', 'BigInt64Array', 'DataView', 'Map', 'BigInt', 'Set', 'WeakMap', 'WeakSet',
  'Proxy', 'Reflect', 'decodeURI', 'decodeURIComponent', 'encodeURI', 'encodeURIComponent', 'isFinite', 'isNaN',
  'SharedArrayBuffer', 'Iterator', 'WebAssembly',
]); // biome-ignore format: a table

const KEEP_WASM: ReadonlySet<string> = new Set([
  'Module', 'Instance', 'Memory', 'Table', 'Global', 'RuntimeError', 'LinkError', 'CompileError', 'Tag', 'Exception',
]); // biome-ignore format: a table

const KEEP_ATOMICS: ReadonlySet<string> = new Set([
  'load',
  'store',
  'notify',
  'exchange',
  'compareExchange',
  'add',
  'wait',
]);

function prune(target: object, keep: ReadonlySet<string>): void {
  for (const key of Reflect.ownKeys(target)) {
    if (typeof key === 'string' ? keep.has(key) : key === Symbol.toStringTag) continue;
    Reflect.deleteProperty(target, key);
  }
}

/** @param intl whether dates and numbers can be written as people of a place do: no power, but more than most engines need */
export function closeRealm(intl = false): object {
  Object.defineProperty(Error, 'stackTraceLimit', {
    get: () => 0,
    set: () => {},
    enumerable: false,
    configurable: false,
  });
  Reflect.deleteProperty(Error, 'captureStackTrace');
  Reflect.deleteProperty(Date.prototype, 'toTemporalInstant');
  prune(WebAssembly, KEEP_WASM);
  prune(Atomics, KEEP_ATOMICS);
  prune(globalThis, intl ? new Set([...KEEP, 'Intl']) : KEEP);
  return WebAssembly.Module.prototype;
}
