/** The tree itself: what goes in, what comes out, and what its names may be. */
import { wasi } from '@bjorn3/browser_wasi_shim';
import { describe, expect, it } from 'vitest';
import { pathProblem } from '../../../../src/policy/paths.ts';
import {
  type DirNode,
  Errno,
  FileNode,
  FileTree,
  find,
  named,
  resolve,
} from '../../../../src/runtimes/wasm/fs/index.ts';

const text = (value: string): Uint8Array => new TextEncoder().encode(value);

function make(...mounts: [string, 'read' | 'write'][]): FileTree {
  const tree = new FileTree({ bytes: 1_000_000, inodes: 1000, openFiles: 8, depth: 8 }, () => 1_000);
  for (const [path, mode] of mounts.length === 0 ? ([['/out', 'write']] as const) : mounts)
    tree.mount(path, mode);
  return tree;
}

const rootOf = (tree: FileTree): DirNode => tree.mounts[0]?.root as DirNode;

function errno(act: () => unknown): number {
  try {
    act();
    return 0;
  } catch (error) {
    if (error instanceof Errno) return error.code;
    throw error;
  }
}

const pathsOf = (tree: FileTree): string[] => tree.changed().map(([path]) => path);

function rename(tree: FileTree, from: string, to: string): void {
  const root = rootOf(tree);
  tree.rename(find(root, from, false), named(root, to));
}

describe('what comes out', () => {
  it('is what was made or changed, below writable mounts only', () => {
    const tree = make(['/in', 'read'], ['/out', 'write']);
    tree.add('/in/a.txt', text('a'));
    tree.add('/out/kept.txt', text('kept'));
    tree.add('/out/deep/down/changed.txt', text('before'));
    const out = tree.mounts[1]?.root as DirNode;
    (find(out, 'deep/down/changed.txt', false).node as FileNode).write(0, text('AFTER'));
    tree.makeFile(out, 'new.txt').write(0, text('new'));
    tree.makeLink(out, 'link', 'new.txt');
    tree.makeDirectory(out, 'empty');
    const changed = new Map(tree.changed().map(([path, bytes]) => [path, new TextDecoder().decode(bytes)]));
    expect(changed).toEqual(
      new Map([
        ['/out/deep/down/changed.txt', 'AFTERe'],
        ['/out/new.txt', 'new'],
      ]),
    );
  });

  it('has one slash between a mount of everything and a name', () => {
    const tree = make(['/', 'write']);
    tree.add('/a/b', text(''));
    (find(rootOf(tree), 'a/b', false).node as FileNode).write(0, text('x'));
    expect(pathsOf(tree)).toEqual(['/a/b']);
  });

  it('has a file that was renamed, unread, under its new path', () => {
    const tree = make();
    tree.add('/out/a', text('a'));
    rename(tree, 'a', 'b');
    expect(pathsOf(tree)).toEqual(['/out/b']);
  });

  it('has all files of a directory that was renamed, and none of its neighbours', () => {
    const tree = make();
    for (const path of ['/out/d/x', '/out/d/e/y', '/out/other']) tree.add(path, text('.'));
    rename(tree, 'd', 'moved');
    expect(pathsOf(tree).sort()).toEqual(['/out/moved/e/y', '/out/moved/x']);
  });

  it('has nothing that was taken away', () => {
    const tree = make();
    const root = rootOf(tree);
    const file = tree.makeFile(root, 'f');
    tree.unlink(root, 'f', file);
    expect(pathsOf(tree)).toEqual([]);
  });
});

describe('names', () => {
  it.each(['a\nb', '\u0000', '\u001b[2J', '\u007f', '\u0085', 'tab\t'])(
    'with control characters are not made: %j',
    name => {
      const tree = make();
      const root = rootOf(tree);
      const file = tree.makeFile(root, 'f');
      for (const act of [
        () => tree.makeFile(root, name),
        () => tree.makeDirectory(root, name),
        () => tree.makeLink(root, name, 'f'),
        () => tree.link(root, name, file),
        () => tree.rename({ ...find(root, 'f', false) }, { ...named(root, 'x'), name }),
      ]) {
        expect(errno(act)).toBe(wasi.ERRNO_ILSEQ);
      }
      expect([...root.entries.keys()]).toEqual(['f']);
      expect(tree.inodes).toBe(2);
    },
  );

  it.each(['then', '__proto__', 'constructor', 'C:', '..\\up', '...', ' ', 'é', 'e\u0301', '\u{1f600}'])(
    'are compared as they are: %j is one like any other',
    name => {
      const tree = make();
      const root = rootOf(tree);
      expect(root.get(name)).toBeNull();
      tree.makeFile(root, name);
      expect(root.get(name)).toBeInstanceOf(FileNode);
      expect(root.get(name.toUpperCase() === name ? `${name}x` : name.toUpperCase())).toBeNull();
      expect(root.get(name.normalize('NFKD') === name ? `x${name}` : name.normalize('NFKD'))).toBeNull();
    },
  );

  it('make paths that the caller takes back, at the limit and one past it', () => {
    const tree = make();
    let directory = rootOf(tree);
    for (let i = 0; i < 4; i++) directory = tree.makeDirectory(directory, 'd'.repeat(249));
    // '/out' and four times '/' and 249 are 1004 characters.
    expect(errno(() => tree.makeFile(directory, 'f'.repeat(20)))).toBe(wasi.ERRNO_NAMETOOLONG);
    tree.makeFile(directory, 'f'.repeat(19));
    const [path] = pathsOf(tree) as [string];
    expect(path.length).toBe(1024);
    expect(pathProblem(path)).toBeNull();
    expect(pathProblem(`${path}x`)).not.toBeNull();
  });

  it('make no longer paths by moving what is below them', () => {
    const tree = make();
    const root = rootOf(tree);
    let directory = tree.makeDirectory(root, 'a');
    for (let i = 0; i < 3; i++) directory = tree.makeDirectory(directory, 'd'.repeat(249));
    tree.makeFile(directory, 'f'.repeat(200));
    expect(errno(() => rename(tree, 'a', 'b'.repeat(70)))).toBe(wasi.ERRNO_NAMETOOLONG);
    rename(tree, 'a', 'b'.repeat(68));
    // A directory made below knows its new path.
    expect(errno(() => tree.makeFile(directory, 'g'.repeat(201)))).toBe(wasi.ERRNO_NAMETOOLONG);
    for (const path of pathsOf(tree)) expect(pathProblem(path), path).toBeNull();
  });
});

describe('renaming', () => {
  it('replaces a file, and what it held is free', () => {
    const tree = make();
    const root = rootOf(tree);
    tree.makeFile(root, 'a').write(0, text('new'));
    tree.makeFile(root, 'b').write(0, text('old'));
    rename(tree, 'a', 'b');
    expect([...root.entries.keys()]).toEqual(['b']);
    expect(tree.inodes).toBe(2);
  });

  it.each([
    ['a directory into itself', 'd', 'd/in', wasi.ERRNO_INVAL],
    ['a directory below itself', 'd', 'd/e/in', wasi.ERRNO_INVAL],
    ['a directory over a file', 'd', 'f', wasi.ERRNO_NOTDIR],
    ['a file over a directory', 'f', 'd', wasi.ERRNO_ISDIR],
    ['a directory over one with something in it', 'd2', 'd', wasi.ERRNO_NOTEMPTY],
    ['a file to a name that is a directory’s', 'f', 'g/', wasi.ERRNO_NOTDIR],
  ])('refuses %s, and leaves all as it was', (_what, from, to, error) => {
    const tree = make();
    const root = rootOf(tree);
    tree.makeDirectory(tree.makeDirectory(root, 'd'), 'e');
    tree.makeDirectory(root, 'd2');
    tree.makeFile(root, 'f');
    expect(errno(() => rename(tree, from, to))).toBe(error);
    expect([...root.entries.keys()]).toEqual(['d', 'd2', 'f']);
    expect(tree.inodes).toBe(5);
  });

  it('onto another name of the same file does nothing, as POSIX says', () => {
    const tree = make();
    const root = rootOf(tree);
    const file = tree.makeFile(root, 'a');
    tree.link(root, 'b', file);
    rename(tree, 'a', 'b');
    expect([...root.entries.keys()]).toEqual(['a', 'b']);
    expect(file.nlink).toBe(2);
  });

  it('a directory deeper than the quota allows is refused: counted from its deepest', () => {
    const tree = make();
    const root = rootOf(tree);
    let directory = root;
    for (let i = 0; i < 4; i++) directory = tree.makeDirectory(directory, 'a');
    directory = root;
    for (let i = 0; i < 5; i++) directory = tree.makeDirectory(directory, i === 0 ? 'b' : 'x');
    // 5 and 4 are one too many, 4 and 4 are 8.
    expect(errno(() => rename(tree, 'a', 'b/x/x/x/x/a'))).toBe(wasi.ERRNO_NOSPC);
    rename(tree, 'a', 'b/x/x/x/a');
    expect(errno(() => tree.makeDirectory(find(root, 'b/x/x/x/a/a/a/a', false).node as DirNode, 'y'))).toBe(
      wasi.ERRNO_NOSPC,
    );
  });
});

describe('a directory that was taken away', () => {
  it('holds nothing new', () => {
    const tree = make();
    const root = rootOf(tree);
    const gone = tree.makeDirectory(root, 'gone');
    tree.unlink(root, 'gone', gone);
    expect(errno(() => tree.makeFile(gone, 'f'))).toBe(wasi.ERRNO_NOENT);
    expect(errno(() => tree.makeDirectory(gone, 'd'))).toBe(wasi.ERRNO_NOENT);
    tree.makeFile(root, 'f');
    expect(errno(() => tree.rename(find(root, 'f', false), resolve(gone, 'f', false)))).toBe(
      wasi.ERRNO_NOENT,
    );
    expect(tree.inodes).toBe(2);
  });
});
