/** A Python that starts from nothing, for the build: it compiles the standard library and becomes the snapshot. */

import { Engine } from '../../src/runtimes/pyodide/engine.ts';
import { ENGINE_ADDRESSES } from '../../src/runtimes/pyodide/engine-names.ts';
import type { Files } from '../../src/runtimes/pyodide/os/files.ts';
import { createSystem } from '../../src/runtimes/pyodide/system.ts';

/** Nothing of the moment of the build gets into what is built. */
const BUILD_TIME = Date.UTC(2026, 0, 1);
const ENVIRONMENT = ['HOME=/plugin', 'LANG=C.UTF-8', 'PYTHONHASHSEED=0', 'PYTHONDONTWRITEBYTECODE=1'];
const ROOM = { mounts: [], fileBytes: 512 * 1024 * 1024, fileCount: 100_000, openFiles: 64 };
const MEMORY_BYTES = 512 * 1024 * 1024;
const SLICE = 1_000_000_000;

export class Interpreter {
  readonly engine: Engine;
  readonly files: Files;
  #output = '';

  constructor(module: WebAssembly.Module, stdlib: Uint8Array) {
    let random = 0;
    /** Not random at all: two builds are the same, and each run draws its own. */
    const draw = (bytes: number): Uint8Array => {
      const drawn = new Uint8Array(bytes);
      for (let i = 0; i < bytes; i++) {
        random = (random * 75 + 74) % 65_537;
        drawn[i] = random & 0xff;
      }
      return drawn;
    };
    this.files = createSystem({ stdlib, wheels: new Map() }, new Map(), ROOM, {
      now: () => BUILD_TIME,
      output: (_stream, bytes) => {
        this.#output += Buffer.from(bytes).toString('utf8');
      },
      random: draw,
      deny: () => {},
      sleep: () => {},
      net: { read: () => 0, write: bytes => bytes.length },
    });
    this.engine = new Engine(module, {
      tick: () => {
        this.engine.fuel.value = SLICE;
      },
      files: () => this.files,
      random: draw,
      now: () => BUILD_TIME,
      monotonic: () => 0,
      environment: () => ENVIRONMENT,
      memoryCeiling: () => MEMORY_BYTES,
    });
    this.engine.fuel.value = SLICE;
    const { fn, guest } = this.engine;
    fn.constructors();
    const argv = fn.malloc(8);
    guest.view.setUint32(argv, this.engine.allocateText('python'), true);
    guest.view.setUint32(argv + 4, 0, true);
    const status = fn.main(1, argv);
    if (status !== 0) throw new Error(`Python did not start (${status}): ${this.#output}`);
  }

  run(code: string): void {
    const text = this.engine.allocateText(code);
    const status = this.engine.fn.runString(text);
    this.engine.fn.free(text);
    if (status !== 0) throw new Error(`Python failed: ${this.#output}`);
  }

  /** Writes a file, with the directories on its way. */
  write(path: string, bytes: Uint8Array): void {
    const { tree } = this.files;
    const parts = path.split('/');
    for (let i = 2; i < parts.length; i++) {
      const directory = parts.slice(0, i).join('/');
      if (tree.locate(directory, tree.root, true).node === null) tree.mkdir(directory, tree.root, 0o755);
    }
    const fd = this.files.open(path, tree.root, 0o101, 0o644);
    this.files.write(this.files.get(fd), bytes, null);
    this.files.close(fd);
  }

  read(path: string): Uint8Array<ArrayBuffer> {
    const node = this.files.tree.find(path, this.files.tree.root, true);
    if (node.type !== 'file') throw new Error(`${path} is no file`);
    return node.data.slice(0, node.size);
  }

  /** Makes built-in modules unknown: the table that names them, and every copy of it, names nothing in their places. */
  forget(names: readonly string[]): void {
    const { engine } = this;
    const { view, bytes } = engine.guest;
    const nowhere = engine.allocateText('');
    for (const name of names) {
      let entry = view.getUint32(engine.address(ENGINE_ADDRESSES.builtinModules), true);
      while (view.getUint32(entry, true) !== 0 && engine.text(view.getUint32(entry, true)) !== name)
        entry += 8;
      const [text, start] = [view.getUint32(entry, true), view.getUint32(entry + 4, true)];
      if (text === 0) throw new Error(`${name} is no built-in module: look at scripts/pyodide/snapshot.ts`);
      let copies = 0;
      for (let at = 0; at + 8 <= bytes.length; at += 4) {
        if (view.getUint32(at, true) !== text || view.getUint32(at + 4, true) !== start) continue;
        view.setUint32(at, nowhere, true);
        view.setUint32(at + 4, 0, true);
        copies++;
      }
      // One the interpreter was given, and one it made of it.
      if (copies < 2) throw new Error(`${name} is in ${copies} tables of built-in modules, not in two`);
    }
  }

  /** A function of a module, kept alive for ever. */
  pointer(module: string, name: string): number {
    const { fn } = this.engine;
    const owner = fn.importModule(this.engine.allocateText(module));
    const pointer = owner === 0 ? 0 : fn.getAttribute(owner, this.engine.allocateText(name));
    if (pointer === 0) throw new Error(`there is no ${module}.${name}`);
    return pointer;
  }
}
