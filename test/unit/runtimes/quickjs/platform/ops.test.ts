import { fileURLToPath } from 'node:url';
import { createContext, runInContext } from 'node:vm';
import { rolldown } from 'rolldown';
import { describe, expect, it } from 'vitest';
import { urlAliases } from '../../../../../scripts/url-aliases.ts';
import { createRandom } from '../../../../../src/runtimes/cell/random.ts';

describe('the cell’s operations', () => {
  it('work in a realm that has ECMAScript and nothing else', async () => {
    const at = (name: string): string =>
      JSON.stringify(fileURLToPath(new URL(`../../../../../src/runtimes/${name}.ts`, import.meta.url)));
    const entry = `export * from ${at('quickjs/ops/url')}; export * from ${at('cell/utf8')}; export * from ${at('cell/random')};`;
    const build = await rolldown({
      input: 'entry',
      platform: 'neutral',
      plugins: [
        {
          name: 'entry',
          resolveId: id => (id === 'entry' ? id : null),
          load: id => (id === 'entry' ? entry : null),
        },
        urlAliases(),
      ],
    });
    const { output } = await build.generate({ format: 'iife', name: 'ops' });
    await build.close();
    const bare = createContext(Object.create(null), { codeGeneration: { strings: false, wasm: false } });
    runInContext('delete globalThis.console; delete globalThis.WebAssembly; delete globalThis.escape', bare);
    runInContext(output[0].code, bare);
    const run = (code: string): unknown => runInContext(code, bare);
    expect(run('typeof TextEncoder + typeof URL + typeof console')).toBe('undefinedundefinedundefined');
    expect(run(`ops.parseUrl('http://faß.de/é?ü#x').href`)).toBe(new URL('http://faß.de/é?ü#x').href);
    expect(run(`ops.setUrlPart('http://h/', 'host', '日本語.jp:81').href`)).toBe(
      'http://xn--wgv71a119e.jp:81/',
    );
    expect(run(`ops.utf8Decode(ops.utf8Encode('é😀\\ud800'), true)`)).toBe('é😀\ufffd');
    expect(run('ops.createRandom(new Uint8Array(32))(8).length')).toBe(8);
  });

  it('random bytes follow from the seed, and never repeat', () => {
    const [a, b, c] = [1, 1, 2].map(fill => createRandom(new Uint8Array(32).fill(fill)));
    const first = a?.(32).join();
    expect(first).toBe(b?.(32).join());
    expect(first).not.toBe(c?.(32).join());
    expect(first).not.toBe(a?.(32).join());
    expect(() => a?.(65_537)).toThrow(RangeError);
    expect(() => createRandom(new Uint8Array(31))).toThrow(RangeError);
  });
});
