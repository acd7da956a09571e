/** What a guest may keep: counted before it is allocated, given back when it goes, and what is set aside with it. */
import { wasi } from '@bjorn3/browser_wasi_shim';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { type DirNode, Errno, FileNode, FileTree } from '../../../../src/runtimes/wasm/fs/index.ts';

const NODE = 64;
/** A mount and one file named `f`. */
const ONE_FILE = 2 * NODE + 3;

function make(quota: Partial<FileTree['quota']> = {}): { tree: FileTree; root: DirNode } {
  const tree = new FileTree({ bytes: 10_000, inodes: 20, openFiles: 8, depth: 4, ...quota }, () => 1_000);
  tree.mount('/out', 'write');
  return { tree, root: tree.mounts[0]?.root as DirNode };
}

/** The number of the Errno that is thrown, or 0. */
function errno(act: () => unknown): number {
  try {
    act();
    return 0;
  } catch (error) {
    if (error instanceof Errno) return error.code;
    throw error;
  }
}

const { ERRNO_NOSPC, ERRNO_FBIG, ERRNO_NOMEM } = wasi;

describe('bytes', () => {
  it('a file grows to the last byte and not beyond it', () => {
    const { tree, root } = make();
    const file = tree.makeFile(root, 'f');
    file.resize(10_000 - ONE_FILE);
    expect(errno(() => file.resize(10_000 - ONE_FILE + 1))).toBe(ERRNO_NOSPC);
    expect(file.size).toBe(10_000 - ONE_FILE);
  });

  it('a write at the limit succeeds, and one past it changes nothing', () => {
    const { tree, root } = make();
    const file = tree.makeFile(root, 'f');
    const last = 10_000 - ONE_FILE - 1;
    expect(errno(() => file.write(last, Uint8Array.of(1, 2)))).toBe(ERRNO_NOSPC);
    expect([file.size, file.capacity]).toEqual([0, 0]);
    file.write(last, Uint8Array.of(9));
    expect(file.view(last)).toEqual(Uint8Array.of(9));
    expect(file.view(0, last).every(byte => byte === 0)).toBe(true);
  });

  it.each([2 ** 31, 2 ** 40, Number.MAX_SAFE_INTEGER])('%i bytes are refused unseen', size => {
    const { tree, root } = make({ bytes: Number.MAX_SAFE_INTEGER });
    const file = tree.makeFile(root, 'f');
    expect(errno(() => file.resize(size))).toBe(ERRNO_FBIG);
    expect(file.capacity).toBe(0);
  });

  it('names and nodes count', () => {
    const { tree, root } = make({ bytes: NODE + NODE + 3 * 10 });
    expect(errno(() => tree.makeFile(root, 'x'.repeat(11)))).toBe(ERRNO_NOSPC);
    tree.makeFile(root, 'x'.repeat(10));
    expect(errno(() => tree.makeFile(root, 'y'))).toBe(ERRNO_NOSPC);
  });

  it('the target of a link counts, in bytes', () => {
    const { tree, root } = make({ bytes: ONE_FILE + 3 });
    expect(errno(() => tree.makeLink(root, 'l', '€€'))).toBe(ERRNO_NOSPC);
    tree.makeLink(root, 'l', '€');
    expect(root.get('l')).toMatchObject({ size: 3, nlink: 1 });
  });

  it('what failed took nothing', () => {
    const { tree, root } = make({ bytes: ONE_FILE });
    for (let i = 0; i < 10; i++) {
      expect(errno(() => tree.makeFile(root, 'too long'))).toBe(ERRNO_NOSPC);
      expect(errno(() => tree.makeLink(root, 'l', 'target'))).toBe(ERRNO_NOSPC);
      expect(errno(() => tree.makeDirectory(root, 'directory'))).toBe(ERRNO_NOSPC);
    }
    expect(tree.inodes).toBe(1);
    tree.makeFile(root, 'f');
  });
});

describe('nodes', () => {
  it('as many as the quota, and not one more', () => {
    const { tree, root } = make({ inodes: 4 });
    tree.makeFile(root, 'a');
    tree.makeDirectory(root, 'b');
    tree.makeLink(root, 'c', 'a');
    expect(errno(() => tree.makeFile(root, 'd'))).toBe(ERRNO_NOSPC);
    expect(errno(() => tree.makeDirectory(root, 'd'))).toBe(ERRNO_NOSPC);
    expect(errno(() => tree.makeLink(root, 'd', 'a'))).toBe(ERRNO_NOSPC);
    tree.unlink(root, 'c', root.get('c') as FileNode);
    tree.makeFile(root, 'd');
  });

  it('a mount is one', () => {
    const { tree } = make({ inodes: 2 });
    tree.mount('/second', 'read');
    expect(errno(() => tree.mount('/third', 'read'))).toBe(ERRNO_NOSPC);
  });

  it('a hard link is one', () => {
    const { tree, root } = make({ inodes: 3 });
    const file = tree.makeFile(root, 'a');
    tree.link(root, 'b', file);
    expect(errno(() => tree.link(root, 'c', file))).toBe(ERRNO_NOSPC);
    expect([file.nlink, root.get('c')]).toEqual([2, null]);
  });
});

describe('hard links', () => {
  it('hold the contents once for every name, so that what is handed out fits the quota', () => {
    const { tree, root } = make();
    const file = tree.makeFile(root, 'f');
    file.resize(3000);
    tree.link(root, 'g', file);
    tree.link(root, 'h', file);
    expect(errno(() => tree.link(root, 'i', file))).toBe(ERRNO_NOSPC);
    const total = tree.changed().reduce((sum, [, bytes]) => sum + bytes.length, 0);
    expect(total).toBe(9000);
  });

  it('grow under all of their names, or not at all', () => {
    const { tree, root } = make({ bytes: NODE + 2 * (NODE + 3) + 2 * 100 });
    const file = tree.makeFile(root, 'f');
    tree.link(root, 'g', file);
    file.resize(100);
    expect(errno(() => file.resize(101))).toBe(ERRNO_NOSPC);
    tree.unlink(root, 'g', file);
    file.resize(200);
  });

  it('give back what each name took, the last one when nobody has it open', () => {
    const { tree, root } = make({ bytes: NODE + 2 * (NODE + 3 + 500) });
    for (let round = 0; round < 20; round++) {
      const file = tree.makeFile(root, 'f');
      file.resize(500);
      file.opened++;
      tree.link(root, 'g', file);
      tree.unlink(root, 'f', file);
      tree.unlink(root, 'g', file);
      // Still held.
      expect(errno(() => tree.makeFile(root, 'h').resize(600))).toBe(ERRNO_NOSPC);
      tree.unlink(root, 'h', root.get('h') as FileNode);
      file.opened--;
      file.release();
      expect(tree.inodes, `round ${round}`).toBe(1);
    }
  });
});

describe('what is set aside', () => {
  const capacities = (root: DirNode): number => {
    let sum = 0;
    for (const { node } of root.entries.values()) if (node instanceof FileNode) sum += node.capacity;
    return sum;
  };

  it('goes back when files are cut off: a hundred of them keep nothing', () => {
    const { tree, root } = make({ bytes: 1_000_000, inodes: 200 });
    for (let i = 0; i < 100; i++) {
      const file = tree.makeFile(root, `f${i}`);
      file.resize(900_000);
      file.resize(i % 2);
    }
    expect(capacities(root)).toBeLessThanOrEqual(100);
  });

  it('is never more than twice the size, however a file grows and shrinks', () => {
    const { tree, root } = make({ bytes: 1_000_000 });
    const file = tree.makeFile(root, 'f');
    for (const size of [1, 2, 1000, 999, 500, 499, 700_000, 350_000, 349_999, 350_001, 174_000, 3, 0, 10]) {
      file.resize(size);
      expect(file.capacity, `at ${size}`).toBeGreaterThanOrEqual(size);
      expect(file.capacity, `at ${size}`).toBeLessThanOrEqual(2 * size);
    }
  });

  it('stays below the quota while a file grows byte by byte', () => {
    const { tree, root } = make();
    const file = tree.makeFile(root, 'f');
    while (errno(() => file.write(file.size, Uint8Array.of(1))) === 0)
      expect(file.capacity).toBeLessThanOrEqual(10_000 - ONE_FILE);
    expect(file.size).toBe(10_000 - ONE_FILE);
  });

  it('is zero where nothing was written, also where something was before', () => {
    const { tree, root } = make();
    const file = tree.makeFile(root, 'f');
    for (const kept of [0, 10, 600, 900]) {
      file.write(0, new Uint8Array(1000).fill(7));
      file.resize(kept);
      file.resize(1000);
      expect(
        file.view(kept).every(byte => byte === 0),
        `cut at ${kept}`,
      ).toBe(true);
      expect(
        file.view(0, kept).every(byte => byte === 7),
        `cut at ${kept}`,
      ).toBe(true);
    }
  });
});

describe('a platform without memory', () => {
  afterEach(() => vi.unstubAllGlobals());

  it('is an error number, and the quota is as it was', () => {
    const { tree, root } = make({ bytes: 1_000_000 });
    const file = tree.makeFile(root, 'f');
    file.write(0, Uint8Array.of(1, 2, 3));
    const Real = Uint8Array;
    // Fails like V8 does, which cannot be brought to it within a test's memory.
    vi.stubGlobal(
      'Uint8Array',
      new Proxy(Real, {
        construct(target, [size]) {
          if (size > 1000) throw new RangeError('Array buffer allocation failed');
          return new target(size);
        },
      }),
    );
    expect(errno(() => file.resize(900_000))).toBe(ERRNO_NOMEM);
    vi.unstubAllGlobals();
    expect([...file.view()]).toEqual([1, 2, 3]);
    file.resize(1_000_000 - ONE_FILE);
  });
});
