/** Checks and compiles native plugins in a worker of its own, one after the other. */
import { Worker } from 'node:worker_threads';
import type { ModuleLimits, ModuleRefusal, ModuleSource } from '../types.ts';
import { enterAddressSpace } from './address-space.ts';

export interface CompileOrder {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly limits: ModuleLimits;
}

export type CompileAnswer = { readonly module: WebAssembly.Module; readonly info: string } | ModuleRefusal;

interface Waiting {
  readonly order: CompileOrder;
  readonly settle: (answer: CompileAnswer) => void;
}

/** The largest module that passes the prescan took a second on a slow machine. */
const PATIENCE_MS = 20_000;
const HEAP_MB = 1024;
const NOTHING: Uint8Array<ArrayBuffer> = new Uint8Array(0);

const queue: Waiting[] = [];
let current: Waiting | null = null;
let worker: Worker | null = null;
let timer: NodeJS.Timeout | undefined;

function finish(answer: CompileAnswer): void {
  clearTimeout(timer);
  const done = current;
  current = null;
  done?.settle(answer);
  next();
}

/** The worker died, or is taking too long: it is replaced, and only the module it worked on is refused. */
function replace(message: string): void {
  const old = worker;
  worker = null;
  old?.removeAllListeners();
  old?.on('error', () => {});
  void old?.terminate();
  finish({ code: 'WASM_INVALID', message });
}

async function start(): Promise<Worker> {
  const { compiler } = await import('#cell/shell-node');
  const entered = await enterAddressSpace();
  const started = new Worker(compiler, {
    eval: true,
    name: 'citadel-compiler',
    env: {},
    argv: [],
    execArgv: [],
    stdout: true,
    stderr: true,
    resourceLimits: { maxOldGenerationSizeMb: HEAP_MB },
  });
  started.on('online', entered);
  started.on('message', (answer: CompileAnswer) => finish(answer));
  started.on('error', error => {
    entered();
    replace(`the module could not be compiled: ${String(error)}`);
  });
  started.on('exit', () => replace('the module could not be compiled: it needs too much memory'));
  return started;
}

function next(): void {
  if (current !== null) return;
  const job = queue.shift();
  if (job === undefined) {
    worker?.unref();
    return;
  }
  current = job;
  void (async () => {
    worker ??= await start();
    worker.ref();
    timer = setTimeout(
      () => replace(`the module takes longer than ${PATIENCE_MS / 1000} s to compile`),
      PATIENCE_MS,
    );
    worker.postMessage(job.order);
  })().catch((error: unknown) =>
    finish({
      code: 'CELL_START_FAILED',
      message: error instanceof Error ? error.message : 'no worker starts',
    }),
  );
}

/** `bytes` are the caller's own copy. */
export function compileModule(
  bytes: Uint8Array<ArrayBuffer>,
  limits: ModuleLimits,
): Promise<ModuleSource | ModuleRefusal> {
  const { promise, resolve } = Promise.withResolvers<ModuleSource | ModuleRefusal>();
  queue.push({
    order: { bytes, limits },
    settle: answer => resolve('code' in answer ? answer : { ...answer, bytes: NOTHING }),
  });
  next();
  return promise;
}
