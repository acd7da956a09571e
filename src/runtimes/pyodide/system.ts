/** The operating system of one run: made anew for each, so nothing of a run before is in it. */
import { utf8Decode } from '../cell/utf8.ts';
import { fail } from './os/errno.ts';
import { Files, O_RDWR, O_WRONLY } from './os/files.ts';
import { type Device, type DirNode, Inodes, Quota } from './os/nodes.ts';
import { Tree } from './os/tree.ts';

const MAX_NAME_BYTES = 1024;
const MAX_SLEEP_MS = 0x7fff_ffff;

/** What every run of a cell shares, and none can change. */
export interface Library {
  readonly stdlib: Uint8Array;
  /** File name → a wheel. */
  readonly wheels: ReadonlyMap<string, Uint8Array>;
}

/** Where a run finds a wheel. */
export const wheelPath = (fileName: string): string => `/lib/python3.14/site-packages/${fileName}`;

export interface SystemHooks {
  now(): number;
  /** Text of standard output (1) or error (2). */
  output(stream: 1 | 2, bytes: Uint8Array): void;
  random(bytes: number): Uint8Array;
  /** The plugin asked for a module the policy does not grant. */
  deny(module: string): void;
  sleep(ms: number): void;
  /** Of the run. */
  readonly net: Device;
}

export interface SystemLimits {
  readonly mounts: readonly (readonly [path: string, mode: 'read' | 'write'])[];
  readonly fileBytes: number;
  readonly fileCount: number;
  readonly openFiles: number;
}

const NOTHING: Device = { read: () => 0, write: bytes => bytes.length };

function devices(hooks: SystemHooks): Record<string, Device> {
  const random: Device = {
    read(into) {
      const part = hooks.random(Math.min(into.length, 65_536));
      into.set(part);
      return part.length;
    },
    write: bytes => bytes.length,
  };
  const output = (stream: 1 | 2): Device => ({
    read: () => 0,
    write(bytes) {
      hooks.output(stream, bytes);
      return bytes.length;
    },
  });
  return {
    null: NOTHING,
    zero: {
      read(into) {
        into.fill(0);
        return into.length;
      },
      write: bytes => bytes.length,
    },
    random,
    urandom: random,
    stdin: NOTHING,
    stdout: output(1),
    stderr: output(2),
    // Written by guest/imports.py: the name of a module.
    deny: {
      read: () => 0,
      write(bytes) {
        hooks.deny(utf8Decode(bytes.subarray(0, MAX_NAME_BYTES), false) ?? '');
        return bytes.length;
      },
    },
    net: hooks.net,
    // Written by guest/sleep.py: seconds, as a 64-bit number.
    sleep: {
      read: () => 0,
      write(bytes) {
        if (bytes.length !== 8) fail('EINVAL');
        const seconds = new DataView(bytes.buffer, bytes.byteOffset, 8).getFloat64(0, true);
        if (!(seconds >= 0)) fail('EINVAL');
        hooks.sleep(Math.min(seconds * 1000, MAX_SLEEP_MS));
        return 8;
      },
    },
  };
}

/** Directories of the caller's, which the guest may only read or also write. */
function mount(tree: Tree, path: string, readOnly: boolean): void {
  let dir = tree.root;
  const parts = path.split('/').filter(part => part !== '');
  parts.forEach((name, i) => {
    const found = dir.entries.get(name);
    if (found?.type === 'dir' && i < parts.length - 1) {
      dir = found;
      return;
    }
    const next = tree.inodes.dir(dir, name, 0o755, i < parts.length - 1 || readOnly);
    dir.entries.set(name, next);
    dir = next;
  });
}

/** Puts a file of the caller's into a mount, with the directories on its way. */
function place(tree: Tree, path: string, bytes: Uint8Array): void {
  const parts = path.split('/').filter(part => part !== '');
  const name = parts.pop() as string;
  let dir = tree.root;
  for (const part of parts) {
    const found = dir.entries.get(part);
    if (found?.type === 'dir') dir = found;
    else {
      const next = tree.inodes.dir(dir, part, 0o755, dir.readOnly);
      dir.entries.set(part, next);
      dir = next;
    }
  }
  const { quota } = tree.inodes;
  quota.takeNode(name.length);
  quota.take(bytes.length);
  const file = tree.inodes.file(0o644, dir.readOnly);
  file.data = bytes.slice();
  file.size = bytes.length;
  dir.entries.set(name, file);
}

/** Files that differ from what the run began with, in the mounts it may write. */
export function changedFiles(files: Files, limits: SystemLimits): Map<string, Uint8Array> {
  const changed = new Map<string, Uint8Array>();
  for (const [path, mode] of limits.mounts) {
    if (mode !== 'write') continue;
    const node = files.tree.root.entries.size > 0 ? files.tree.find(path, files.tree.root, false) : null;
    if (node?.type !== 'dir') continue;
    for (const [name, file] of files.changed(node)) changed.set(name, file.data.slice(0, file.size));
  }
  return changed;
}

/** A file system with the standard library, devices, `/tmp` and a home; descriptors 0, 1 and 2 are open. */
export function createSystem(
  { stdlib, wheels }: Library,
  given: ReadonlyMap<string, Uint8Array>,
  limits: SystemLimits,
  hooks: SystemHooks,
): Files {
  const quota = new Quota(limits.fileBytes, limits.fileCount);
  const inodes = new Inodes(quota, hooks.now);
  const tree = new Tree(inodes);
  const files = new Files(tree, limits.openFiles);
  const { root } = tree;
  const dir = (parent: DirNode, name: string, readOnly: boolean): DirNode => {
    const node = inodes.dir(parent, name, 0o755, readOnly);
    parent.entries.set(name, node);
    return node;
  };
  const dev = dir(root, 'dev', true);
  let number = 0;
  for (const [name, device] of Object.entries(devices(hooks)))
    dev.entries.set(name, inodes.device(device, 0x100 + number++));
  const lib = dir(root, 'lib', true);
  lib.entries.set('python314.zip', inodes.sharedFile(stdlib));
  const packages = dir(dir(lib, 'python3.14', true), 'site-packages', true);
  for (const [name, bytes] of wheels) packages.entries.set(name, inodes.sharedFile(bytes));
  dir(root, 'tmp', false);
  const home = dir(root, 'plugin', false);
  tree.cwd = home;
  for (const [path, mode] of limits.mounts) mount(tree, path, mode === 'read');
  for (const [path, bytes] of given) place(tree, path, bytes);
  for (const [name, flags] of [
    ['stdin', O_RDWR],
    ['stdout', O_WRONLY],
    ['stderr', O_WRONLY],
  ] as const) {
    const node = dev.entries.get(name);
    if (node !== undefined) files.openNode(node, flags);
  }
  return files;
}
