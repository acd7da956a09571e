/**
 * Entry of a cell's worker thread. Bundled to one CommonJS text, so that a cell starts without loading files.
 * Order matters: handlers first (Node.js would inspect a hostile rejection reason), then the realm, then the engine,
 * then the lockdown of this realm, and only then anything hostile runs.
 */
import { randomFillSync } from 'node:crypto';
import vm from 'node:vm';
import { parentPort, workerData } from 'node:worker_threads';
import type { HostBatch } from '../../protocol/messages.ts';
import type { CellProgram } from '../../protocol/program.ts';
import { copyIn, createPump } from '../../protocol/pump.ts';
import { lockDown } from './lockdown.ts';

export interface CellData {
  /** Text of the realm prelude (an IIFE named `citadelRealm`). */
  readonly realm: string;
  /** The realm keeps `Intl`. Default: no. */
  readonly intl?: boolean;
  /** Text of the program bundle (an IIFE named `citadelProgram`). */
  readonly program: string;
}

/** The first message: decoding it takes the host as long as the worker takes to start. */
export interface CellEngine {
  readonly module: WebAssembly.Module;
  /** `[name, contents]` of what else the engine needs. */
  readonly assets: readonly (readonly [string, Uint8Array])[];
}

const { process, setTimeout, clearTimeout, setImmediate } = globalThis;

for (const event of ['unhandledRejection', 'uncaughtException', 'rejectionHandled', 'warning']) {
  process.on(event, () => {});
}

const port = parentPort as NonNullable<typeof parentPort>;
const { realm, intl, program: programText } = workerData as CellData;
/** What arrives while the cell boots waits here: the engine first, then perhaps runs. */
const early: unknown[] = [];
let receive = (message: unknown): void => {
  early.push(message);
};
const engineArrives = new Promise<CellEngine>(resolve => {
  const wait = receive;
  receive = message => {
    receive = wait;
    resolve(message as CellEngine);
  };
});
port.on('message', (message: unknown) => receive(message));

const context = vm.createContext(vm.constants.DONT_CONTEXTIFY, {
  name: 'cell',
  codeGeneration: { strings: false, wasm: false },
});
const run = (text: string, filename: string): unknown =>
  new vm.Script(text, { filename }).runInContext(context);

interface Booted {
  readonly program: CellProgram;
  readonly module: WebAssembly.Module;
  readonly adopt: (module: WebAssembly.Module) => void;
}

async function boot(): Promise<Booted> {
  const modulePrototype = run(`${realm};citadelRealm.closeRealm(${intl === true})`, 'realm') as object;
  const program = run(`${programText};citadelProgram.createProgram({})`, 'cell') as CellProgram;
  const { module, assets } = await engineArrives;
  copyIn(program.asset('seed', 32), randomFillSync(new Uint8Array(32)));
  for (const [name, bytes] of assets) copyIn(program.asset(name, bytes.length), bytes);
  // A module compiled out here instantiates in a realm that may not compile, once it has the realm's prototype.
  const { setPrototypeOf } = Object;
  const adopt = (foreign: WebAssembly.Module): void => {
    setPrototypeOf(foreign, modulePrototype);
  };
  adopt(module);
  await lockDown();
  return { program, module, adopt };
}

const TRANSFER_FROM_BYTES = 16 * 1024;

boot().then(
  ({ program, module, adopt }) => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const pump = createPump(program, {
      adopt,
      post: bytes =>
        port.postMessage(bytes, bytes.length < TRANSFER_FROM_BYTES ? [] : [bytes.buffer as ArrayBuffer]),
      schedule(ms, callback) {
        // A newer turn makes the older one stale: what was to wake it must not pile up.
        clearTimeout(timer);
        if (ms > 0) timer = setTimeout(callback, ms);
        else setImmediate(callback);
      },
    });
    let failure = 'the engine did not start';
    try {
      failure = String(program.boot(module));
      const control = program.control();
      if (control !== null) port.postMessage(control);
    } catch {
      // What the realm throws is not looked at.
    }
    pump.announce(failure);
    receive = batch => pump.receive(batch as HostBatch);
    for (const batch of early.splice(0)) receive(batch);
  },
  () => process.exit(1),
);
