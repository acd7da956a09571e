/** Packages of pure Python: what the host brings along, checked before anything starts. */
import { describe, expect, it } from 'vitest';
import type { PythonPackage, RunOptions, SandboxError } from '../../src/index.ts';
import { sha256, type TestWheel, type WheelFile, wheel } from '../wheel.ts';
import { codeOf, dataOf, kept } from './support.ts';

const python = (code: string, ...packages: readonly PythonPackage[]): RunOptions => ({
  runtime: 'python',
  code,
  packages,
});
const DEMO = {
  'demo/__init__.py': 'from .inner import double\nfrom json import dumps\nVALUE = double(21)\n',
  'demo/inner.py': 'def double(n):\n    return n * 2\n',
  'demo/data.txt': 'text of the package',
};
const demo = await wheel(DEMO);

async function refusal(packages: unknown, limits = {}): Promise<string> {
  const sandbox = kept(limits);
  const options = { runtime: 'python', code: '1', packages } as RunOptions;
  const error = await sandbox.run(options).then(
    () => null,
    (reason: unknown) => reason as SandboxError,
  );
  expect(error).toMatchObject({ name: 'SandboxError', fault: 'caller' });
  return `${error?.code}: ${error?.message}`;
}

describe('packages', () => {
  it('are imported from a wheel, with their own modules, data and version', async () => {
    const sandbox = kept();
    const code = `
import demo, importlib.resources, importlib.metadata
[demo.VALUE, demo.dumps([1]), importlib.resources.files("demo").joinpath("data.txt").read_text(), importlib.metadata.version("demo")]`;
    expect(dataOf(await sandbox.run(python(code, demo)))).toEqual([42, '[1]', 'text of the package', '1.0']);
  });

  it('are those of the run that brought them, and of no other', async () => {
    const sandbox = kept();
    const code = 'import demo\ndemo.VALUE';
    expect(dataOf(await sandbox.run(python(code, demo)))).toBe(42);
    expect(codeOf(await sandbox.run(python(code)))).toBe('GUEST_ERROR');
    const other = await wheel({ 'demo.py': 'VALUE = 43' });
    expect(dataOf(await sandbox.run(python(code, other)))).toBe(43);
    expect(dataOf(await sandbox.run(python(code, demo)))).toBe(42);
  });

  it('may be several, and import each other and themselves whatever policy.modules.python says', async () => {
    const sandbox = kept({}, { modules: { python: ['demo', 'upper'] } });
    const upper = await wheel(
      { 'upper.py': 'import os, demo\nV = demo.VALUE + 1' },
      'upper-2.0-py2.py3-none-any.whl',
    );
    expect(dataOf(await sandbox.run(python('import upper\nupper.V', demo, upper)))).toBe(43);
    expect(codeOf(await sandbox.run(python('import os', demo, upper)))).toBe('MODULE_DENIED');
  });

  it('need their modules granted where policy.modules.python lists some', async () => {
    const sandbox = kept({}, { modules: { python: ['json'] } });
    const result = await sandbox.run(python('import demo', demo));
    expect(codeOf(result)).toBe('MODULE_DENIED');
    expect(result.report.denials).toMatchObject([{ subject: 'demo' }]);
  });

  it('cannot be changed by a plugin, nor take the place of the standard library', async () => {
    const sandbox = kept();
    const evil = await wheel({ 'json.py': 'dumps = None', 'math.py': 'pi = 3', 'js.py': 'process = 1' });
    const changed = await sandbox.run(
      python(
        `
import sys
path = sys.path[-1]
for mode in ("wb", "r+b", "ab"):
    try: open(path, mode)
    except OSError as e: print(e.strerror)
import os
for act in (os.unlink, os.rmdir, lambda p: os.rename(p, "/tmp/x"), lambda p: os.truncate(p, 0)):
    try: act(path); print("done")
    except OSError as e: print(e.strerror)
sys.path[-1].rpartition("/")[2]`,
        evil,
      ),
    );
    expect(dataOf(changed)).toBe(evil.fileName);
    expect(changed.report.logs.map(({ text }) => text)).toEqual([
      ...Array.from({ length: 4 }, () => 'Read-only file system'),
      'Not a directory',
      ...Array.from({ length: 2 }, () => 'Read-only file system'),
    ]);
    const code = 'import json, math\n[json.dumps([1]), math.pi > 3.1]';
    expect(dataOf(await sandbox.run(python(code, evil)))).toEqual(['[1]', true]);
    expect(codeOf(await sandbox.run(python('import js', evil)))).toBe('GUEST_ERROR');
  });

  it('count for no limit of files, and are gone from the path of the next run', async () => {
    const sandbox = kept({ fileBytes: 0 });
    expect(dataOf(await sandbox.run(python('import demo\ndemo.VALUE', demo)))).toBe(42);
    const paths = 'import sys, os\n[len(sys.path), os.listdir("/lib/python3.14/site-packages")]';
    expect(dataOf(await sandbox.run(python(paths)))).toEqual([2, []]);
  });

  it('are copied: bytes that change later change nothing', async () => {
    const sandbox = kept();
    const bytes = demo.bytes.slice();
    const running = sandbox.run(python('import demo\ndemo.VALUE', { ...demo, bytes }));
    bytes.fill(0);
    expect(dataOf(await running)).toBe(42);
    // And are no longer the file that was checked.
    expect(await refusal([{ ...demo, bytes }])).toMatch(/no ZIP archive/);
  });
});

describe('a package is refused when', () => {
  const named = (fileName: string): Promise<TestWheel> => wheel(DEMO, fileName);
  const files = async (...list: readonly WheelFile[]): Promise<TestWheel> => wheel(list);
  const text = 'x = 1';
  it.each<[string, () => Promise<PythonPackage>, RegExp]>([
    [
      'its hash is another',
      async () => ({ ...demo, sha256: '0'.repeat(64) }),
      /its SHA-256 is [0-9a-f]{64}, and not 0{64}/,
    ],
    [
      'one bit of it is another',
      async () => {
        const bytes = demo.bytes.slice();
        bytes[40] = (bytes[40] as number) ^ 1;
        return { ...demo, bytes };
      },
      /its SHA-256 is/,
    ],
    ['its name is none of a wheel', () => named('demo.whl'), /name it as wheels are/],
    ['its name leads elsewhere', () => named('../demo-1.0-py3-none-any.whl'), /name it as wheels are/],
    ['its name has a NUL', () => named('demo\0-1.0-py3-none-any.whl'), /name it as wheels are/],
    [
      'it is for another platform',
      () => named('numpy-2.0-cp314-cp314-emscripten_4_0_9_wasm32.whl'),
      /compiled for cp314-cp314-emscripten_4_0_9_wasm32; bring a wheel of pure Python/,
    ],
    ['it is for the stable ABI', () => named('demo-1.0-cp39-abi3-any.whl'), /compiled for cp39-abi3-any/],
    ['it is for Python 2', () => named('demo-1.0-py2-none-any.whl'), /bring one for Python 3\.14/],
    ['it is for a later Python', () => named('demo-1.0-py315-none-any.whl'), /bring one for Python 3\.14/],
    [
      'it has a compiled file',
      () => files({ name: 'demo/_speed.cpython-314.so', contents: text }),
      /is compiled/,
    ],
    [
      'it has a compiled file of Windows',
      () => files({ name: 'demo/_speed.pyd', contents: text }),
      /is compiled/,
    ],
    ['a path leads up', () => files({ name: '../demo.py', contents: text }), /no safe name/],
    [
      'a path leads up in the middle',
      () => files({ name: 'demo/../../x.py', contents: text }),
      /no safe name/,
    ],
    ['a path is absolute', () => files({ name: '/etc/x.py', contents: text }), /no safe name/],
    ['a path is of Windows', () => files({ name: 'C:\\x.py', contents: text }), /no safe name/],
    [
      'two of its files have one name',
      () => files({ name: 'demo.py', contents: 'x = 1' }, { name: 'demo.py', contents: 'x = 2' }),
      /two files "demo\.py"/,
    ],
    [
      'it has to be installed',
      () => files({ name: 'demo-1.0.data/purelib/demo.py', contents: text }),
      /installed/,
    ],
    ['its files are encrypted', () => files({ name: 'demo.py', contents: text, flags: 1 }), /encrypted/],
    [
      'its files are packed in another way',
      () => files({ name: 'demo.py', contents: text, method: 12 }),
      /packed/,
    ],
    [
      'a part of it is missing',
      async () => {
        const bytes = demo.bytes.slice(0, -9);
        return { ...demo, bytes, sha256: await sha256(bytes) };
      },
      /no ZIP archive/,
    ],
    [
      'its directory is broken',
      async () => {
        const bytes = demo.bytes.slice();
        const start = new DataView(bytes.buffer).getUint32(bytes.length - 6, true);
        bytes[start] = 0;
        return { ...demo, bytes, sha256: await sha256(bytes) };
      },
      /directory of its archive is broken/,
    ],
    [
      'it is an archive and no wheel',
      async () => {
        const { zip } = await import('../wheel.ts');
        const bytes = await zip([{ name: 'demo.py', contents: text }]);
        return { ...demo, bytes, sha256: await sha256(bytes) };
      },
      /no \*\.dist-info\/WHEEL/,
    ],
  ])('%s', async (_title, bring, message) => {
    const why = await refusal([await bring()]);
    expect(why).toMatch(/^PACKAGE_INVALID: the package "/);
    expect(why).toMatch(message);
  });

  it('another of the same name comes with it', async () => {
    const again = await wheel({ 'x.py': '' }, 'Demo-2.0-py3-none-any.whl');
    expect(await refusal([demo, demo])).toMatch(/^PACKAGE_INVALID: .*there are two of "demo"/);
    expect(await refusal([demo, again])).toMatch(/^PACKAGE_INVALID: .*there are two of "demo"/);
  });

  it('the option is none', async () => {
    for (const packages of [5, {}, [5], [null], [{}], [{ ...demo, bytes: 'x' }], [{ ...demo, sha256: 'x' }]])
      expect(await refusal(packages)).toMatch(/^INVALID_ARGUMENT: packages/);
    expect(await refusal([{ ...demo, hash: 'x' }])).toMatch(/knows no "hash"/);
    const sandbox = kept();
    await expect(sandbox.run({ runtime: 'javascript', code: '1', packages: [demo] })).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
    });
  });

  it('there are more than limits.packageCount', async () => {
    const sandbox = kept({ packageCount: 1 });
    expect(dataOf(await sandbox.run(python('1', demo)))).toBe(1);
    const other = await wheel({ 'x.py': '' }, 'x-1-py3-none-any.whl');
    expect(await refusal([demo, other], { packageCount: 1 })).toMatch(/^INPUT_TOO_LARGE: 2 packages/);
    expect(await refusal([demo], { packageCount: 0 })).toMatch(/^INPUT_TOO_LARGE: 1 packages/);
  });

  it('they have more bytes than limits.packageBytes', async () => {
    const { length } = demo.bytes;
    const sandbox = kept({ packageBytes: length });
    expect(dataOf(await sandbox.run(python('1', demo)))).toBe(1);
    expect(await refusal([demo], { packageBytes: length - 1 })).toMatch(
      /^INPUT_TOO_LARGE: the packages have/,
    );
  });

  it('they unpack to more, or say so', async () => {
    const packed = await wheel({ 'big.py': `x = "${'a'.repeat(1_000_000)}"` });
    expect(packed.bytes.length).toBeLessThan(10_000);
    expect(await refusal([packed], { packageBytes: 1_000_000 })).toMatch(/^INPUT_TOO_LARGE: .*unpack to/);
    const claims = await files({ name: 'demo.py', contents: text, claimedBytes: 0xffff_fffe });
    expect(await refusal([claims])).toMatch(/^INPUT_TOO_LARGE: .*unpack to/);
  });

  it('it lies about what it unpacks to: then the memory limit ends it', async () => {
    const contents = `x = "${'a'.repeat(100_000_000)}"`;
    const liar = await wheel([{ name: 'big.py', contents, claimedBytes: 10 }]);
    const sandbox = kept({ memoryBytes: 16 * 1024 * 1024 });
    const result = await sandbox.run(python('import big', liar));
    expect(['MEMORY_LIMIT', 'GUEST_ERROR']).toContain(codeOf(result));
    expect(dataOf(await sandbox.run(python('import demo\ndemo.VALUE', demo)))).toBe(42);
  });
});
