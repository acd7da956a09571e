/** What the platform itself offers: instances in this thread or in a bare worker, and its own WASI. No sandbox. */
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WASI } from 'node:wasi';
import { Worker } from 'node:worker_threads';
import type { Bytes } from './native-modules.ts';

interface CoreExports {
  readonly memory: WebAssembly.Memory;
  alloc(length: number): number;
  run(pointer: number, length: number): bigint;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const toBytes = (value: unknown): Uint8Array => encoder.encode(JSON.stringify(value));
const fromBytes = (bytes: Uint8Array): unknown => JSON.parse(decoder.decode(bytes)) as unknown;

/** Self-contained: a worker gets its text. */
function callCore(instance: WebAssembly.Instance, input: Uint8Array): Uint8Array {
  const { memory, alloc, run } = instance.exports as unknown as CoreExports;
  const at = alloc(input.length);
  new Uint8Array(memory.buffer).set(input, at);
  const packed = BigInt.asUintN(64, run(at, input.length));
  const from = Number(packed >> 32n);
  return new Uint8Array(memory.buffer).slice(from, from + Number(packed & 0xffffffffn));
}

export function directCore(bytes: Bytes): (value: unknown) => unknown {
  const module = new WebAssembly.Module(bytes);
  return value => fromBytes(callCore(new WebAssembly.Instance(module), toBytes(value)));
}

export function directAdd(bytes: Bytes, fresh: boolean): (n: number) => number {
  const module = new WebAssembly.Module(bytes);
  const add = (instance: WebAssembly.Instance) => instance.exports['add'] as (a: number, b: number) => number;
  const kept = add(new WebAssembly.Instance(module));
  return fresh ? n => add(new WebAssembly.Instance(module))(n, 1) : n => kept(n, 1);
}

/** What nobody who uses a worker can be faster than: a message there, a fresh instance, a message back. */
function bareWorker<I, O>(
  bytes: Bytes,
  answer: string,
): { call(input: I): Promise<O>; end(): Promise<number> } {
  const worker = new Worker(
    `const { parentPort, workerData } = require('node:worker_threads');
     const module = new WebAssembly.Module(workerData);
     const answer = ${answer};
     parentPort.on('message', input => parentPort.postMessage(answer(new WebAssembly.Instance(module), input)));`,
    { eval: true, workerData: bytes },
  );
  const waiting: ((output: O) => void)[] = [];
  worker.on('message', (output: O) => waiting.shift()?.(output));
  return {
    call: input =>
      new Promise(resolve => {
        waiting.push(resolve);
        worker.postMessage(input);
      }),
    end: () => worker.terminate(),
  };
}

export interface BareWorkers {
  add(n: number): Promise<number>;
  core(value: unknown): Promise<unknown>;
  end(): Promise<unknown>;
}

export function bareWorkers(add: Bytes, core: Bytes): BareWorkers {
  const adder = bareWorker<number, number>(add, '(instance, n) => instance.exports.add(n, 1)');
  const echo = bareWorker<Uint8Array, Uint8Array>(core, callCore.toString());
  return {
    add: n => adder.call(n),
    core: async value => fromBytes(await echo.call(toBytes(value))),
    end: () => Promise.all([adder.end(), echo.end()]),
  };
}

/** `node:wasi` reads and writes the descriptors of this process: its input and output are files. */
export function nodeWasi(bytes: Bytes, input: unknown): { call(): unknown; end(): void } {
  const module = new WebAssembly.Module(bytes);
  const folder = mkdtempSync(join(tmpdir(), 'bench-wasi-'));
  const [stdinPath, stdoutPath, stderrPath] = ['stdin', 'stdout', 'stderr'].map(name =>
    join(folder, name),
  ) as [string, string, string];
  writeFileSync(stdinPath, toBytes(input));
  return {
    call() {
      const [stdin, stdout, stderr] = [
        openSync(stdinPath, 'r'),
        openSync(stdoutPath, 'w'),
        openSync(stderrPath, 'w'),
      ];
      try {
        const wasi = new WASI({ version: 'preview1', returnOnExit: true, stdin, stdout, stderr });
        const imports = wasi.getImportObject() as WebAssembly.Imports;
        const code = wasi.start(new WebAssembly.Instance(module, imports));
        if (code !== 0) throw new Error(`node:wasi ended with ${code}`);
      } finally {
        for (const fd of [stdin, stdout, stderr]) closeSync(fd);
      }
      return fromBytes(readFileSync(stdoutPath));
    },
    end: () => rmSync(folder, { recursive: true, force: true }),
  };
}
