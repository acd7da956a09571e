/** The file system of a Python guest: what names, descriptors and the quota do, without Python. */
import { describe, expect, it } from 'vitest';
import { Errno, OsError } from '../../../../src/runtimes/pyodide/os/errno.ts';
import {
  Files,
  O_APPEND,
  O_CREAT,
  O_EXCL,
  O_RDWR,
  O_TRUNC,
  O_WRONLY,
} from '../../../../src/runtimes/pyodide/os/files.ts';
import { Inodes, Quota } from '../../../../src/runtimes/pyodide/os/nodes.ts';
import { Tree } from '../../../../src/runtimes/pyodide/os/tree.ts';

interface World {
  readonly quota: Quota;
  readonly tree: Tree;
  readonly files: Files;
  put(path: string, text?: string): void;
  text(path: string): string;
}

function world(bytes = 1_000_000, nodes = 100, open = 16): World {
  const quota = new Quota(bytes, nodes);
  const tree = new Tree(new Inodes(quota, () => 1000));
  const files = new Files(tree, open);
  const put = (path: string, text = ''): void => {
    const fd = files.open(path, tree.root, O_CREAT | O_WRONLY | O_TRUNC, 0o644);
    files.write(files.get(fd), new TextEncoder().encode(text), null);
    files.close(fd);
  };
  const text = (path: string): string => {
    const fd = files.open(path, tree.root, 0, 0);
    const into = new Uint8Array(1000);
    const count = files.read(files.get(fd), into, null);
    files.close(fd);
    return new TextDecoder().decode(into.subarray(0, count));
  };
  return { quota, tree, files, put, text };
}

function errno(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (!(error instanceof OsError)) throw error;
    return Object.entries(Errno).find(([, number]) => number === error.errno)?.[0] ?? String(error.errno);
  }
  return 'no error';
}

describe('paths', () => {
  it('lead through directories, dots, slashes and links', () => {
    const { tree, put, text } = world();
    tree.mkdir('/a', tree.root, 0o755);
    tree.mkdir('/a/b', tree.root, 0o755);
    put('/a/b/f', 'x');
    tree.symlink('b/../b', '/a/l', tree.root);
    tree.symlink('/a/l/f', '/m', tree.root);
    for (const path of ['/a/b/f', '//a/./b//f', '/../../a/b/f', '/a/l/f', '/m', 'a/b/../b/f'])
      expect(text(path)).toBe('x');
    expect(errno(() => text('/a/b/f/'))).toBe('ENOTDIR');
    expect(errno(() => text('/a/b/f/g'))).toBe('ENOTDIR');
    expect(errno(() => text(''))).toBe('ENOENT');
    expect(errno(() => text('/a/none/f'))).toBe('ENOENT');
    expect(errno(() => text(`/${'a/'.repeat(3000)}`))).toBe('ENAMETOOLONG');
    expect(errno(() => put(`/${'é'.repeat(128)}`))).toBe('ENAMETOOLONG');
    expect(tree.pathOf(tree.find('/a/b', tree.root, true) as never)).toBe('/a/b');
  });

  it('that go in circles end', () => {
    const { tree, text } = world();
    tree.symlink('b', '/a', tree.root);
    tree.symlink('a', '/b', tree.root);
    tree.symlink('self/self/self', '/self', tree.root);
    expect(errno(() => text('/a'))).toBe('ELOOP');
    expect(errno(() => text('/self'))).toBe('ELOOP');
  });

  it('of a removed working directory lead nowhere', () => {
    const { tree, put } = world();
    tree.mkdir('/d', tree.root, 0o755);
    tree.chdir(tree.find('/d', tree.root, true));
    expect(errno(() => tree.rmdir('/d', tree.root))).toBe('EBUSY');
    const dir = tree.cwd;
    tree.chdir(tree.root);
    tree.rmdir('/d', tree.root);
    tree.chdir(dir);
    expect(errno(() => tree.mkdir('x', dir, 0o755))).toBe('ENOENT');
    expect(errno(() => tree.pathOf(dir))).toBe('ENOENT');
    put('/still');
  });
});

describe('renaming', () => {
  it('replaces what may be replaced', () => {
    const { tree, put, text } = world();
    put('/a', '1');
    put('/b', '2');
    tree.rename('/a', tree.root, '/b', tree.root);
    expect(text('/b')).toBe('1');
    expect(errno(() => text('/a'))).toBe('ENOENT');
    tree.rename('/b', tree.root, '/b', tree.root);
    expect(text('/b')).toBe('1');
  });

  it('never makes a directory its own ancestor, and refuses what does not fit', () => {
    const { tree, put } = world();
    tree.mkdir('/d', tree.root, 0o755);
    tree.mkdir('/d/e', tree.root, 0o755);
    tree.mkdir('/g', tree.root, 0o755);
    put('/g/f');
    put('/f');
    const rename = (from: string, to: string): string =>
      errno(() => tree.rename(from, tree.root, to, tree.root));
    expect(rename('/d', '/d/e/x')).toBe('EINVAL');
    expect(rename('/d', '/g')).toBe('ENOTEMPTY');
    expect(rename('/d', '/f')).toBe('ENOTDIR');
    expect(rename('/f', '/d')).toBe('EISDIR');
    expect(rename('/f', '/new/')).toBe('ENOTDIR');
    expect(rename('/none', '/x')).toBe('ENOENT');
    expect(rename('/', '/x')).toBe('EBUSY');
    expect(rename('/d/e', '/g/e')).toBe('no error');
    expect(tree.pathOf(tree.find('/g/e', tree.root, true) as never)).toBe('/g/e');
  });
});

describe('descriptors', () => {
  it('share a position when one is a copy of the other', () => {
    const { tree, files, put } = world();
    put('/f', 'abcdef');
    const fd = files.open('/f', tree.root, O_RDWR, 0);
    const copy = files.dup(fd);
    const one = new Uint8Array(2);
    files.read(files.get(fd), one, null);
    files.read(files.get(copy), one, null);
    expect([...one]).toEqual([99, 100]);
    files.close(fd);
    expect(files.seek(files.get(copy), 0, 1)).toBe(4);
    expect(files.seek(files.get(copy), -1, 2)).toBe(5);
    expect(errno(() => files.seek(files.get(copy), -10, 0))).toBe('EINVAL');
    expect(errno(() => files.get(fd))).toBe('EBADF');
    files.close(copy);
  });

  it('run out at the limit, and come back', () => {
    const { tree, files, put } = world();
    put('/f');
    const opened = Array.from({ length: 16 }, () => files.open('/f', tree.root, 0, 0));
    expect(errno(() => files.open('/f', tree.root, 0, 0))).toBe('EMFILE');
    expect(errno(() => files.open('/new', tree.root, O_CREAT, 0))).toBe('EMFILE');
    expect(errno(() => files.open('/new', tree.root, 0, 0))).toBe('ENOENT');
    expect(errno(() => files.dup(opened[0] as number))).toBe('EMFILE');
    expect(files.dup3(opened[0] as number, opened[1] as number)).toBe(opened[1]);
    for (const fd of opened) files.close(fd);
    expect(files.open('/f', tree.root, 0, 0)).toBe(0);
  });

  it('obey how they were opened', () => {
    const { tree, files, put, text } = world();
    put('/f', 'ab');
    expect(errno(() => files.open('/f', tree.root, O_CREAT | O_EXCL, 0))).toBe('EEXIST');
    expect(errno(() => files.open('/', tree.root, O_WRONLY, 0))).toBe('EISDIR');
    const reader = files.get(files.open('/f', tree.root, 0, 0));
    expect(errno(() => files.write(reader, new Uint8Array(1), null))).toBe('EBADF');
    const writer = files.get(files.open('/f', tree.root, O_WRONLY | O_APPEND, 0));
    expect(errno(() => files.read(writer, new Uint8Array(1), null))).toBe('EBADF');
    writer.position = 0;
    files.write(writer, new Uint8Array([99]), null);
    expect(text('/f')).toBe('abc');
  });

  it('of a pipe carry bytes one way, and never wait', () => {
    const { files } = world();
    const [r, w] = files.pipe();
    const [reader, writer] = [files.get(r), files.get(w)];
    const into = new Uint8Array(10);
    expect(errno(() => files.read(reader, into, null))).toBe('EAGAIN');
    expect(files.write(writer, new Uint8Array([1, 2, 3]), null)).toBe(3);
    expect(files.write(writer, new Uint8Array(100_000), null)).toBe(65_533);
    expect(errno(() => files.write(writer, new Uint8Array(1), null))).toBe('EAGAIN');
    expect(files.read(reader, into, null)).toBe(10);
    expect([...into.subarray(0, 4)]).toEqual([1, 2, 3, 0]);
    expect(errno(() => files.seek(reader, 0, 0))).toBe('ESPIPE');
    files.close(r);
    expect(errno(() => files.write(writer, new Uint8Array(1), null))).toBe('EPIPE');
  });
});

describe('the quota', () => {
  it('is what it was when everything is gone, whatever happened in between', () => {
    const { quota, tree, files, put } = world();
    const [bytes, nodes] = [quota.freeBytes, quota.freeNodes];
    for (let round = 0; round < 3; round++) {
      tree.mkdir('/d', tree.root, 0o755);
      put('/d/f', 'x'.repeat(1000));
      put('/d/f', 'shorter');
      tree.symlink('some/where', '/d/l', tree.root);
      tree.rename('/d/f', tree.root, '/d/a-longer-name', tree.root);
      const fd = files.open('/d/a-longer-name', tree.root, O_RDWR, 0);
      files.truncate(files.get(fd).node, 5000);
      tree.unlink('/d/a-longer-name', tree.root);
      expect(quota.freeBytes).toBeLessThan(bytes - 4000);
      files.close(fd);
      tree.unlink('/d/l', tree.root);
      tree.rmdir('/d', tree.root);
      const [r, w] = files.pipe();
      files.write(files.get(w), new Uint8Array(5000), null);
      files.close(w);
      files.close(r);
      expect([quota.freeBytes, quota.freeNodes]).toEqual([bytes, nodes]);
    }
  });

  it('refuses before anything is allocated, and leaves things as they were', () => {
    const { quota, tree, files, put, text } = world(2000, 5);
    put('/f', 'abc');
    const free = quota.freeBytes;
    const file = files.get(files.open('/f', tree.root, O_RDWR, 0));
    expect(errno(() => files.truncate(file.node, 2 ** 40))).toBe('ENOSPC');
    expect(errno(() => files.write(file, new Uint8Array(10), 1e12))).toBe('ENOSPC');
    expect(quota.freeBytes).toBe(free);
    expect(text('/f')).toBe('abc');
    files.truncate(file.node, 3 + free);
    expect(quota.freeBytes).toBeGreaterThanOrEqual(0);
    expect(quota.freeBytes).toBeLessThan(100);
    files.truncate(file.node, 0);
    tree.unlink('/f', tree.root);
  });

  it('counts names, links and directories', () => {
    const { tree, put } = world(1_000_000, 3);
    put('/1');
    tree.mkdir('/2', tree.root, 0o755);
    tree.symlink('x', '/3', tree.root);
    expect(errno(() => put('/4'))).toBe('ENOSPC');
    expect(errno(() => tree.mkdir('/4', tree.root, 0o755))).toBe('ENOSPC');
    tree.unlink('/3', tree.root);
    put('/4');
  });
});

describe('what may only be read', () => {
  it('cannot be changed by any call', () => {
    const { tree, files } = world();
    const dir = tree.inodes.dir(tree.root, 'r', 0o755, true);
    tree.root.entries.set('r', dir);
    const file = tree.inodes.sharedFile(new Uint8Array([1]));
    dir.entries.set('f', file);
    const at = (work: () => unknown): void => expect(errno(work)).toBe('EROFS');
    at(() => files.open('/r/f', tree.root, O_WRONLY, 0));
    at(() => files.open('/r/new', tree.root, O_CREAT, 0));
    at(() => tree.mkdir('/r/d', tree.root, 0o755));
    at(() => tree.symlink('x', '/r/l', tree.root));
    at(() => tree.unlink('/r/f', tree.root));
    at(() => tree.rename('/r/f', tree.root, '/f', tree.root));
    at(() => files.truncate(file, 0));
  });
});
