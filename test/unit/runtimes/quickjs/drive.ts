/** The real program, driven directly or inside a realm like a cell's, without worker, pool or host. */
import vm from 'node:vm';
import { DEFAULT_LIMITS } from '../../../../src/core/limits.ts';
import { DEFAULT_BLOCKED_FUNCTIONS } from '../../../../src/policy/index.ts';
import { type DoneFrame, parseMessage } from '../../../../src/protocol/parse.ts';
import type { CellProgram, ScriptJob } from '../../../../src/protocol/program.ts';
import { copyIn } from '../../../../src/protocol/pump.ts';
import { decodeValue, encodeValue } from '../../../../src/protocol/value-codec.ts';
import { createProgram } from '../../../../src/runtimes/quickjs/program.ts';

const { loadCellAssets } = await import('../../../../src/platform/node/assets.ts');
const { workerData, engine } = await loadCellAssets('quickjs');
const { module, assets } = await engine;

export const JOB: ScriptJob = {
  ...DEFAULT_LIMITS,
  language: 'javascript',
  fileName: 'plugin.js',
  env: {},
  modules: [],
  blockedFunctions: DEFAULT_BLOCKED_FUNCTIONS,
  liveLogs: false,
  network: { requests: 10, uploadBytes: 100_000 },
  functions: { names: [], calls: 0, inputBytes: 0 },
};

export interface Driven {
  run(code: string, input?: unknown, job?: Partial<ScriptJob>): DoneFrame & { readonly data: unknown };
}

function start(program: CellProgram): Driven {
  copyIn(program.asset('seed', 32), crypto.getRandomValues(new Uint8Array(32)));
  for (const [name, bytes] of assets) copyIn(program.asset(name, bytes.length), bytes);
  const failure = program.boot(module);
  if (failure !== '') throw new Error(failure);
  let id = 0;
  return {
    run(code, input = undefined, job = {}) {
      const bytes = encodeValue(input, { bytes: 64 * 1024 * 1024 });
      copyIn(program.inbox(bytes.length), bytes);
      program.begin(++id, code, JSON.stringify({ ...JOB, ...job }));
      for (;;) {
        const wait = program.step();
        if (wait < 0) break;
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, wait);
      }
      const frame = parseMessage(new Uint8Array(program.take()), { bytes: 128 * 1024 * 1024 }).at(-1);
      if (frame?.type !== 'done') throw new Error('no answer');
      const data =
        frame.outcome === 'ok' ? decodeValue(frame.value, { bytes: 128 * 1024 * 1024 }) : undefined;
      return { ...frame, data };
    },
  };
}

export function direct(): Driven {
  return start(createProgram());
}

/** In a realm that may compile neither text nor wasm, and has nothing but ECMAScript. */
export function inRealm(): Driven {
  const context = vm.createContext(vm.constants.DONT_CONTEXTIFY, {
    codeGeneration: { strings: false, wasm: false },
  });
  const evaluate = (text: string): unknown => new vm.Script(text).runInContext(context);
  const proto = evaluate(`${workerData.realm};citadelRealm.closeRealm()`) as object;
  const program = evaluate(`${workerData.program};citadelProgram.createProgram({})`) as CellProgram;
  const own = Object.getPrototypeOf(module) as object;
  Object.setPrototypeOf(module, proto);
  try {
    return start(program);
  } finally {
    Object.setPrototypeOf(module, own);
  }
}
