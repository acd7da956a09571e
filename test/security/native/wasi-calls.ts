/** Calls WASI as a module would, one by one: with addresses in a real WebAssembly memory. */
import { FileTree } from '../../../src/runtimes/wasm/fs/index.ts';
import { createWasi, type ProcExit, type WasiHost } from '../../../src/runtimes/wasm/wasi/index.ts';

export interface Quotas {
  readonly bytes?: number;
  readonly inodes?: number;
  readonly openFiles?: number;
  readonly depth?: number;
}

/** The end of the guest, as a limit or the host decides it. */
export class Ended {}

export interface Caller {
  readonly memory: WebAssembly.Memory;
  readonly tree: FileTree;
  /** What was charged so far. */
  readonly spent: () => number;
  readonly slept: () => number;
  readonly output: Uint8Array[];
  /** Calls with numbers as they are; texts are put into memory and become an address and a length. */
  call(name: string, ...args: (number | bigint | string)[]): number;
  /** Opens for reading and writing; answers the descriptor, or the negated error. */
  open(
    fd: number,
    path: string,
    options?: { flags?: number; rights?: bigint; follow?: number; fdFlags?: number },
  ): number;
  u32(at: number): number;
  u64(at: number): bigint;
  bytes(at: number, length: number): Uint8Array;
  /** A list of one address and one length, at ANSWER + 64. */
  vector(at: number, length: number): number;
}

/** Where answers go. */
export const ANSWER = 0;
const TEXTS = 4096;

export const READ_ONLY = 3;
export const WRITABLE = 4;
export const ALL: bigint = (1n << 29n) - 1n;
const READ_RIGHTS = 1n << 1n;

export function caller(quotas: Quotas = {}, host: Partial<WasiHost> = {}): Caller {
  const memory = new WebAssembly.Memory({ initial: 4 });
  const tree = new FileTree(
    { bytes: 1_000_000, inodes: 1000, openFiles: 64, depth: 64, ...quotas },
    () => 1_700_000_000_000,
  );
  tree.mount('/data', 'read');
  tree.mount('/out', 'write');
  tree.add('/data/file.txt', new TextEncoder().encode('sentinel'));
  let spent = 0;
  let slept = 0;
  const output: Uint8Array[] = [];
  const wasi = createWasi({
    args: ['plugin.wasm'],
    env: {},
    stdin: new Uint8Array(0),
    write: (_stream, bytes) => void output.push(bytes),
    now: () => 1_700_000_000_123.456,
    monotonic: () => 12.345,
    random: bytes => new Uint8Array(bytes).fill(7),
    sleep: ms => {
      slept += ms;
    },
    charge: units => {
      spent += units;
    },
    tree,
    ...host,
  });
  wasi.bind(memory);
  const call = (name: string, ...args: (number | bigint | string)[]): number => {
    let at = TEXTS;
    const flat = args.flatMap(arg => {
      if (typeof arg !== 'string') return [arg];
      const bytes = new TextEncoder().encode(arg);
      new Uint8Array(memory.buffer).set(bytes, at);
      const place = [at, bytes.length];
      at += bytes.length + 8;
      return place;
    });
    const found = wasi.imports[name];
    if (found === undefined) throw new Error(`no call ${name}`);
    return found(...flat);
  };
  return {
    memory,
    tree,
    spent: () => spent,
    slept: () => slept,
    output,
    call,
    open(fd, path, { flags = 0, rights = READ_RIGHTS, follow = 1, fdFlags = 0 } = {}) {
      const error = call('path_open', fd, follow, path, flags, rights, ALL, fdFlags, ANSWER);
      return error === 0 ? new DataView(memory.buffer).getUint32(ANSWER, true) : -error;
    },
    u32: at => new DataView(memory.buffer).getUint32(at, true),
    u64: at => new DataView(memory.buffer).getBigUint64(at, true),
    bytes: (at, length) => new Uint8Array(memory.buffer, at, length),
    vector(at, length) {
      const view = new DataView(memory.buffer);
      view.setUint32(ANSWER + 64, at, true);
      view.setUint32(ANSWER + 68, length, true);
      return ANSWER + 64;
    },
  };
}

export type { ProcExit };
