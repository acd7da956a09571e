/**
 * WASI preview1 for a guest that attacks it. Built on @bjorn3/browser_wasi_shim: its numbers, and its descriptors that
 * refuse by default. Its calls are replaced, every one: see docs/decisions/0010-wasi.md.
 */
import { wasi } from '@bjorn3/browser_wasi_shim';
import { Errno } from '../fs/index.ts';
import { Descriptors, InputStream, OpenDirectory, OutputStream } from './descriptors.ts';
import { fileCalls } from './files.ts';
import { GuestMemory } from './memory.ts';
import { pathCalls } from './paths.ts';
import { systemCalls } from './system.ts';
import type { WasiHost } from './types.ts';

/** A call answers nothing, or throws an Errno. Numbers arrive as the module's signature says, i32 signed. */
// biome-ignore lint/suspicious/noExplicitAny: each call has parameters of its own, checked against the signature before
export type Calls = Record<string, (...args: any[]) => void>;

export interface Wasi {
  /** By name; no prototype. */
  readonly imports: Record<string, (...args: (number | bigint)[]) => number>;
  /** Says which memory the addresses mean. */
  bind(memory: WebAssembly.Memory): void;
}

/** What a call costs before anything is copied. */
const CALL_FUEL = 100;
const ALL_RIGHTS: bigint = BigInt.asUintN(64, -1n);

export function createWasi(host: WasiHost): Wasi {
  let bound: GuestMemory | null = null;
  const fds = new Descriptors(host.tree.quota.openFiles);
  fds.add(new InputStream(host.stdin));
  fds.add(new OutputStream(bytes => host.write(1, bytes)));
  fds.add(new OutputStream(bytes => host.write(2, bytes)));
  for (const { path, root, writable } of host.tree.mounts) {
    fds.add(new OpenDirectory(root, writable, path, ALL_RIGHTS, ALL_RIGHTS));
  }
  const parts = {
    host,
    fds,
    tree: host.tree,
    memory(): GuestMemory {
      if (bound === null) throw new Errno(wasi.ERRNO_FAULT);
      return bound;
    },
    pay: (bytes: number): void => host.charge(Math.ceil(bytes / 16)),
  };
  const imports: Wasi['imports'] = Object.create(null);
  for (const [name, call] of Object.entries({
    ...fileCalls(parts),
    ...pathCalls(parts),
    ...systemCalls(parts),
  })) {
    imports[name] = (...args) => {
      host.charge(CALL_FUEL);
      try {
        // Addresses, lengths, descriptors and flags are unsigned.
        call(...args.map(arg => (typeof arg === 'number' ? arg >>> 0 : arg)));
        return wasi.ERRNO_SUCCESS;
      } catch (error) {
        if (error instanceof Errno) return error.code;
        throw error;
      }
    };
  }
  return {
    imports,
    bind(memory) {
      bound = new GuestMemory(memory);
    },
  };
}
