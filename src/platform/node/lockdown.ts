/**
 * Makes the worker's own realm worthless to whoever gets hold of one of its objects. The cell's realm is given none,
 * but Node.js makes some on its own: a dynamic `import()` in a `node:vm` realm is rejected with an error of the main
 * realm. From it, `error.constructor.constructor` would be the main realm's `Function`, and its `Object.prototype` could
 * be given getters that Node.js's own code then calls with its own objects as `this`. So nothing here leads to a code
 * compiler, every intrinsic is frozen, and the global object is emptied of everything that can act.
 */
import vm from 'node:vm';

/** Globals of a worker that act, or lead to something that does. */
const POWERS: ReadonlySet<string | symbol> = new Set([
  'process', 'require', 'module', 'exports', '__filename', '__dirname', 'Buffer', 'global', 'eval', 'Function',
  'fetch', 'Request', 'Response', 'Headers', 'FormData', 'WebSocket', 'EventSource', 'MessageEvent', 'CloseEvent',
  'Worker', 'SharedWorker', 'BroadcastChannel', 'MessageChannel', 'MessagePort', 'navigator', 'Navigator', 'crypto',
  'Crypto', 'CryptoKey', 'SubtleCrypto', 'localStorage', 'sessionStorage', 'Storage', 'console', 'setTimeout',
  'setInterval', 'setImmediate', 'clearTimeout', 'clearInterval', 'clearImmediate', 'queueMicrotask',
  'structuredClone', 'performance', 'Blob', 'File', 'URL', 'WebAssembly', 'ShadowRealm',
]); // biome-ignore format: a table

/** Freezes the roots and everything their own properties and prototypes lead to. ECMAScript intrinsics form a closed graph. */
function freezeDeep(roots: readonly unknown[]): void {
  const queue = [...roots];
  const seen = new Set<object>();
  while (queue.length > 0) {
    const value = queue.pop();
    if ((typeof value !== 'object' && typeof value !== 'function') || value === null || seen.has(value))
      continue;
    seen.add(value);
    Object.freeze(value);
    queue.push(Object.getPrototypeOf(value));
    for (const key of Reflect.ownKeys(value)) {
      const { value: held, get, set } = Reflect.getOwnPropertyDescriptor(value, key) ?? {};
      queue.push(held, get, set);
    }
  }
}

/** The error of a refused `import()`: Node.js makes its class on first use, so it is used once, to freeze it too. */
async function refusedImport(): Promise<unknown> {
  try {
    await new vm.Script("import('x')").runInThisContext();
    return undefined;
  } catch (error) {
    return Object.getPrototypeOf(error);
  }
}

/** Call when everything the shell needs has been imported. */
export async function lockDown(): Promise<void> {
  const refusal = await refusedImport();
  const functions = [function f() {}, async function f() {}, function* f() {}, async function* f() {}];
  for (const f of functions) {
    const prototype = Object.getPrototypeOf(f) as object;
    Object.defineProperty(prototype, 'constructor', {
      value: undefined,
      writable: false,
      configurable: false,
    });
  }
  const iterators = [
    [].values(),
    new Map().values(),
    new Set().values(),
    ''.matchAll(/x/g),
    ''[Symbol.iterator](),
  ];
  freezeDeep([
    refusal,
    ...functions,
    ...iterators,
    Object, Array, Promise, Error, AggregateError, EvalError, RangeError, ReferenceError, SyntaxError, TypeError,
    URIError, Map, Set, WeakMap, WeakSet, WeakRef, FinalizationRegistry, RegExp, Symbol, BigInt, Number, String,
    Boolean, Date, Uint8Array, DataView, ArrayBuffer, SharedArrayBuffer, Atomics, Proxy, Reflect, JSON, Math, Iterator,
    Intl,
  ]); // biome-ignore format: a table
  for (const key of Reflect.ownKeys(globalThis)) {
    if (POWERS.has(key)) Reflect.deleteProperty(globalThis, key);
  }
}
