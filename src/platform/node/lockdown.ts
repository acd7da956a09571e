/**
 * Makes the worker's own realm worthless to whoever gets hold of one of its objects. The cell's realm is given none,
 * but V8 and Node.js make some on their own: the promise of a dynamic `import()` in a `node:vm` realm belongs to the
 * main realm, and `promise.constructor.constructor` would be its `Function`. So no prototype here leads to a code
 * compiler, and the global object is emptied of everything that can act.
 */
const prototypesWithCompilers = (): object[] => {
  const samples = [function f() {}, async function f() {}, function* f() {}, async function* f() {}];
  return samples.map(f => Object.getPrototypeOf(f) as object);
};

/** Call when everything the shell needs has been imported. */
export function lockDown(): void {
  for (const prototype of prototypesWithCompilers()) {
    Object.defineProperty(prototype, 'constructor', { value: undefined, writable: false, configurable: false });
  }
  for (const key of Reflect.ownKeys(globalThis)) {
    if (POWERS.has(key)) Reflect.deleteProperty(globalThis, key);
  }
}

/** Globals of a worker that act, or lead to something that does. ECMAScript's own stay: Node.js's internals use them. */
const POWERS: ReadonlySet<string | symbol> = new Set([
  'process', 'require', 'module', 'exports', '__filename', '__dirname', 'Buffer', 'global', 'eval', 'Function',
  'fetch', 'Request', 'Response', 'Headers', 'FormData', 'WebSocket', 'EventSource', 'MessageEvent', 'CloseEvent',
  'Worker', 'SharedWorker', 'BroadcastChannel', 'MessageChannel', 'MessagePort', 'navigator', 'Navigator', 'crypto',
  'Crypto', 'CryptoKey', 'SubtleCrypto', 'localStorage', 'sessionStorage', 'Storage', 'console', 'setTimeout',
  'setInterval', 'setImmediate', 'clearTimeout', 'clearInterval', 'clearImmediate', 'queueMicrotask',
  'structuredClone', 'performance', 'Blob', 'File', 'URL', 'WebAssembly', 'ShadowRealm',
]); // biome-ignore format: a table
