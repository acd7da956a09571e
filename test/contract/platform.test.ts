/** The pleasant, standard platform a guest sees, through the whole of it: engine, cell and wire. */
import { afterAll, describe, expect, it } from 'vitest';
import { codeOf, dataOf, js, make } from './support.ts';

const sandbox = make();
afterAll(() => sandbox.close());
const run = async (code: string): Promise<unknown> => dataOf(await sandbox.run(js(code)));

const FUNCTIONS = [
  'setTimeout', 'setInterval', 'clearTimeout', 'clearInterval', 'queueMicrotask', 'structuredClone', 'atob', 'btoa',
  'fetch', 'URL', 'URLSearchParams', 'TextEncoder', 'TextDecoder', 'AbortController', 'AbortSignal', 'Event',
  'EventTarget', 'CustomEvent', 'DOMException', 'Headers', 'Request', 'Response',
]; // biome-ignore format: a list

const ABSENT = [
  'process', 'require', 'module', 'Buffer', 'global', 'window', 'document', 'location', 'postMessage',
  'importScripts', 'XMLHttpRequest', 'WebSocket', 'Worker', 'indexedDB', 'localStorage', 'caches', 'WebAssembly',
  'SharedWorker', 'BroadcastChannel', 'std', 'os', 'print', 'scriptArgs', '__host',
]; // biome-ignore format: a list

describe('the guest’s platform', () => {
  it('has what a standard platform has', async () => {
    expect(
      await run(`${JSON.stringify(FUNCTIONS)}.filter(name => typeof globalThis[name] !== 'function')`),
    ).toEqual([]);
    expect(
      await run(
        '[typeof console.log, typeof crypto.getRandomValues, typeof crypto.randomUUID, typeof performance.now]',
      ),
    ).toEqual(['function', 'function', 'function', 'function']);
  });

  it('has nothing of a host', async () => {
    expect(await run(`${JSON.stringify(ABSENT)}.filter(name => name in globalThis)`)).toEqual([]);
  });

  it('fires timers in the order of their times, and not after they are cleared', async () => {
    const code = `const order = [];
      const gone = setTimeout(() => order.push('gone'), 1);
      clearTimeout(gone);
      await new Promise(done => {
        setTimeout(() => order.push('c'), 20);
        setTimeout(() => order.push('a'), 0);
        setTimeout(() => order.push('b'), 5);
        queueMicrotask(() => order.push('microtask'));
        order.push('sync');
        setTimeout(done, 30);
      });
      order`;
    expect(await run(code)).toEqual(['sync', 'microtask', 'a', 'b', 'c']);
  });

  it('repeats intervals until they are cleared', async () => {
    const code = `let n = 0;
      await new Promise(done => { const id = setInterval(() => { if (++n === 3) { clearInterval(id); done(); } }, 1); });
      await new Promise(done => setTimeout(done, 10));
      n`;
    expect(await run(code)).toBe(3);
  });

  it('lets no timer outlive its run', async () => {
    await run('setTimeout(() => { globalThis.late = 1; console.log("late"); }, 1); 1');
    const next = await sandbox.run(js('await new Promise(done => setTimeout(done, 20)); typeof late'));
    expect(dataOf(next)).toBe('undefined');
    expect(next.report.logs).toEqual([]);
  });

  it('converts texts and bytes both ways', async () => {
    expect(await run('new TextDecoder().decode(new TextEncoder().encode("h€😀"))')).toBe('h€😀');
    expect(await run('[btoa("\\xff"), atob("/w==").charCodeAt(0)]')).toEqual(['/w==', 255]);
    expect(await run('new URL("../b?x=1#y", "https://a.example/c/d/").href')).toBe(
      'https://a.example/c/b?x=1#y',
    );
  });

  it('draws different random numbers in every run', async () => {
    const code = '[Math.random(), crypto.randomUUID(), crypto.getRandomValues(new Uint8Array(8)).join()]';
    const [a, b] = (await Promise.all([run(code), run(code)])) as [unknown[], unknown[]];
    for (let i = 0; i < 3; i++) expect(a[i]).not.toEqual(b[i]);
  });

  it('has clocks of whole milliseconds', async () => {
    const code = `const seen = []; for (let i = 0; i < 1000; i++) seen.push(performance.now(), Date.now());
      seen.every(Number.isInteger)`;
    expect(await run(code)).toBe(true);
  });

  it('aborts what listens to an AbortSignal', async () => {
    expect(
      await run(`const c = new AbortController(); let said = '';
        c.signal.addEventListener('abort', () => { said = c.signal.reason; }); c.abort('why'); said`),
    ).toBe('why');
    expect(
      codeOf(await sandbox.run(js('await fetch("https://a.example", { signal: AbortSignal.abort() })'))),
    ).toBe('GUEST_ERROR');
  });

  it('ends a run with what a timer, a listener or a microtask throws', async () => {
    for (const code of [
      'setTimeout(() => { throw new Error("late") }); await new Promise(() => setInterval(() => {}, 5))',
      'queueMicrotask(() => { throw new Error("late") }); await new Promise(done => setTimeout(done, 20))',
    ]) {
      const result = await sandbox.run(js(code));
      expect(result, code).toMatchObject({ error: { code: 'GUEST_ERROR', guest: { message: 'late' } } });
    }
  });
});
