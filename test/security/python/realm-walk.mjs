// Runs under any supported Node.js: boots the Python cell's program in a realm as a cell does, breaks its engine in several
// ways from inside, and walks everything the realm can reach then: instance, exports, imports, errors. Arguments: the
// shell module, the program's module, and anything to plant a leak. Exit code 0 and "shared: 0" mean that no object of the main realm is among it.
import { readFileSync } from 'node:fs';
import vm from 'node:vm';
import { inflateRawSync } from 'node:zlib';

const [, , shellUrl, programUrl] = process.argv;
const { realm } = await import(shellUrl);
const { default: program } = await import(programUrl);
for (const event of ['unhandledRejection', 'uncaughtException', 'rejectionHandled', 'warning'])
  process.on(event, () => {});

function walk(roots, visit) {
  const seen = new Set();
  const queue = [...roots];
  while (queue.length > 0) {
    const [value, path] = queue.pop();
    if ((typeof value !== 'object' && typeof value !== 'function') || value === null || seen.has(value))
      continue;
    seen.add(value);
    visit?.(value, path);
    let keys = [];
    try {
      queue.push([Object.getPrototypeOf(value), `${path}.[[Prototype]]`]);
      keys = ArrayBuffer.isView(value) ? [] : Reflect.ownKeys(value);
    } catch {}
    for (const key of keys) {
      let descriptor;
      try {
        descriptor = Reflect.getOwnPropertyDescriptor(value, key);
      } catch {}
      if (descriptor === undefined) continue;
      const at = `${path}.${String(key)}`;
      queue.push([descriptor.get, `${at}[get]`], [descriptor.set, `${at}[set]`], [descriptor.value, at]);
    }
  }
  return seen;
}

void globalThis.Temporal;
const mine = walk([
  [globalThis, 'globalThis'],
  [process, 'process'],
  [vm, 'vm'],
  [Promise.resolve(), 'promise'],
]);

const built = name =>
  new Uint8Array(inflateRawSync(readFileSync(new URL(`../engines/pyodide/${name}.bin`, programUrl))));
const context = vm.createContext(vm.constants.DONT_CONTEXTIFY, {
  name: 'cell',
  codeGeneration: { strings: false, wasm: false },
});
const run = (text, filename) => new vm.Script(text, { filename }).runInContext(context);
const modulePrototype = run(`${realm};citadelRealm.closeRealm()`, 'realm');
// Everything the engine is made of, kept where an attacker in the realm would find it.
run(
  `var loot = [];
   { const { Instance } = WebAssembly;
     WebAssembly.Instance = class extends Instance {
       constructor(module, imports) { super(module, imports); loot.push(this, imports, this.exports); } }; }`,
  'hooks',
);
const cell = run(`${program};globalThis.cell = citadelProgram.createProgram({})`, 'cell');
const module = await WebAssembly.compile(built('wasm'));
Object.setPrototypeOf(module, modulePrototype);
const put = (name, bytes) => Uint8Array.prototype.set.call(cell.asset(name, bytes.length), bytes);
put('seed', new Uint8Array(32).fill(7));
for (const name of ['snapshot', 'stdlib']) put(name, built(name));
const failure = cell.boot(module);
if (failure !== '') throw new Error(failure);

// Every closed import, a trap, a stack overflow, a null call: what they throw is kept as well.
const broken = run(
  `const grab = f => { try { loot.push(f()); } catch (e) { loot.push(e); } };
   const [instance, imports, exports] = loot;
   for (const name of Object.keys(imports.env)) grab(() => imports.env[name](1, 2, 3, 4));
   grab(() => exports.PyObject_CallNoArgs(12345));
   grab(() => exports.memcpy(-1, 0, 1 << 30));
   grab(() => { const f = () => f() + exports.malloc(1); return f(); });
   const table = exports.__indirect_function_table;
   for (let i = 0; i < table.length; i += 97) grab(() => table.get(i)?.(0, 1, 2, 3, 4));
   grab(() => table.get(-1)); grab(() => exports.memory.grow(1e9)); grab(() => new WebAssembly.Instance({}, {}));
   grab(() => exports.emscripten_builtin_memalign({ valueOf() { throw new Error('x'); } }));
   loot.length`,
  'hostile',
);

// With a third argument there is something to find.
if (process.argv[4] !== undefined) run('loot', 'leak').push({ deep: { error: new Error('x') } });

let objects = 0;
const shared = [];
walk(
  [
    [context, 'globalThis'],
    [cell, 'program'],
    [run('loot', 'loot'), 'loot'],
  ],
  (value, path) => {
    objects++;
    if (mine.has(value)) shared.push(path);
  },
);
console.log(
  `node ${process.versions.node}: loot ${broken}, ${objects} objects reachable, shared: ${shared.length}`,
);
for (const path of shared.slice(0, 20)) console.log(`  ${path}`);
process.exitCode = shared.length === 0 ? 0 : 1;
