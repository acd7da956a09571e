// Runs under any supported Node.js: walks everything reachable inside a cell's realm, after hostile code has tried to
// plant objects of the surrounding realm in it, and prints the paths of those that are shared. Argument: the realm
// prelude module. Exit code 0 and "shared: 0" mean that no object of the main realm can be reached.
import vm from 'node:vm';

const { realm } = await import(process.argv[2]);
for (const event of ['unhandledRejection', 'uncaughtException', 'rejectionHandled', 'warning'])
  process.on(event, () => {});

/** Every object reachable by properties, prototypes and accessors' functions; getters are called when `call`. */
function walk(roots, call, visit) {
  const seen = new Set();
  const queue = roots.map(([value, path]) => [value, path]);
  while (queue.length > 0) {
    const [value, path] = queue.pop();
    if ((typeof value !== 'object' && typeof value !== 'function') || value === null || seen.has(value))
      continue;
    seen.add(value);
    visit?.(value, path);
    let keys = [];
    try {
      queue.push([Object.getPrototypeOf(value), `${path}.[[Prototype]]`]);
      keys = Reflect.ownKeys(value);
    } catch {}
    for (const key of keys) {
      let descriptor;
      try {
        descriptor = Reflect.getOwnPropertyDescriptor(value, key);
      } catch {}
      if (descriptor === undefined) continue;
      const at = `${path}.${String(key)}`;
      queue.push([descriptor.get, `${at}[get]`], [descriptor.set, `${at}[set]`]);
      if ('value' in descriptor) queue.push([descriptor.value, at]);
      else if (call && descriptor.get !== undefined) {
        try {
          queue.push([Reflect.apply(descriptor.get, value, []), at]);
        } catch (error) {
          queue.push([error, `${at}[thrown]`]);
        }
      }
    }
  }
  return seen;
}

// Node 26 materialises Temporal in whichever realm touches it first: touch it here, as a host may.
void globalThis.Temporal;
void Date.prototype.toTemporalInstant;
const mine = walk(
  [
    [globalThis, 'globalThis'],
    [process, 'process'],
    [vm, 'vm'],
    [Promise.resolve(), 'promise'],
  ],
  true,
);

const context = vm.createContext(vm.constants.DONT_CONTEXTIFY, {
  name: 'cell',
  codeGeneration: { strings: false, wasm: false },
});
const run = (text, filename) => new vm.Script(text, { filename }).runInContext(context);
// With a second argument the realm stays as node:vm makes it: the walk must then find something.
if (process.argv[3] === undefined) run(`${realm};citadelRealm.closeRealm()`, 'realm');

// Each line plants whatever it manages to obtain in globalThis.loot.
const HOSTILE = `
var loot = [];
const grab = f => { try { loot.push(f()); } catch (e) { loot.push(e); } };
for (const make of [() => Error(), () => TypeError(), () => new AggregateError([])]) for (const key of ['name', 'message']) {
  grab(() => { const e = make(); e[key] = Symbol(); return e.stack; });
  grab(() => { const e = make(); Object.defineProperty(e, key, { get() { throw new Error('x'); } }); return e.stack; });
}
grab(() => { (function f() { try { f(); } catch (e) { loot.push(e); e.name = Symbol(); loot.push(e.stack); throw e; } })(); });
grab(() => { const e = {}; Error.captureStackTrace(e); return e.stack; });
grab(() => { Error.prepareStackTrace = (e, frames) => { loot.push(frames); for (const f of frames) loot.push(f.getThis(), f.getFunction()); return frames; }; return new Error('x').stack; });
grab(() => { Error.stackTraceLimit = 100; return new Error('x').stack; });
grab(() => Object.defineProperty(Error, 'stackTraceLimit', { value: 10 }));
grab(() => null.x); grab(() => undefined()); grab(() => { let o = new Proxy({}, { get() { throw new Error(); } }); return '' + o; });
grab(() => new Function('return this')()); grab(() => (0, globalThis.eval)('this'));
grab(() => (async () => {}).constructor('return this')());
grab(() => new WebAssembly.Module(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0])));
grab(() => new WebAssembly.Memory({ initial: 1e9 })); grab(() => new ArrayBuffer(2 ** 53)); grab(() => [].at.call(null));
grab(() => new Array(2 ** 32)); grab(() => 'x'.repeat(2 ** 31)); grab(() => structuredClone({})); grab(() => console);
grab(() => Temporal); grab(() => new Date().toTemporalInstant()); grab(() => WebAssembly.compileStreaming);
grab(() => Iterator.from({ next: null }).next()); grab(() => Atomics.waitAsync);
grab(() => { const p = Promise.reject(new Error('x')); p.catch(e => loot.push(e)); return p; });
grab(() => (function () { return this; })()); grab(() => (function f() { return f.caller; })()); grab(() => arguments.callee);
grab(() => new Intl.DateTimeFormat()); grab(() => new WeakRef({})); grab(() => new FinalizationRegistry(() => {}));
grab(() => JSON.parse('{')); grab(() => new RegExp('(')); grab(() => decodeURI('%')); grab(() => BigInt('x')); grab(() => x.y); grab(() => Symbol() + '');
loot.length`;
run(HOSTILE, 'hostile');
await new Promise(done => setTimeout(done, 50));

let objects = 0;
const shared = [];
walk(
  [
    [context, 'globalThis'],
    [run('loot', 'loot'), 'loot'],
  ],
  true,
  (value, path) => {
    objects++;
    if (mine.has(value)) shared.push(path);
  },
);
console.log(`node ${process.versions.node}: ${objects} objects reachable, shared: ${shared.length}`);
for (const path of shared.slice(0, 20)) console.log(`  ${path}`);
process.exitCode = shared.length === 0 ? 0 : 1;
