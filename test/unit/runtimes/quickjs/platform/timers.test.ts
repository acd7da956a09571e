import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createGuest, type Guest } from './engine.ts';

let guest: Guest;
beforeEach(async () => {
  guest = await createGuest();
});
afterEach(() => guest.dispose());
const order = (code: string): unknown => {
  guest.run(`globalThis.out = []; ${code}`);
  guest.turn(10_000);
  return guest.run('out.join()');
};

describe('timers', () => {
  it('fire by due time, then in the order they were set', () => {
    expect(
      order(
        `for (const [ms, k] of [[5, 'a'], [1, 'b'], [5, 'c'], [0, 'd'], [1, 'e'], [-1, 'f'], [NaN, 'g'], ['3', 'h']]) setTimeout(x => out.push(x), ms, k)`,
      ),
    ).toBe('d,f,g,b,e,h,a,c');
  });
  it('keep their order when many are set and some are cleared', () => {
    expect(
      order(
        `const ids = []; for (let i = 0; i < 500; i++) ids.push(setTimeout(() => out.push(i), (i * 7919) % 101)); for (let i = 0; i < 500; i += 3) clearTimeout(ids[i]); globalThis.want = ids.map((_, i) => i).filter(i => i % 3).sort((a, b) => (a * 7919) % 101 - (b * 7919) % 101 || a - b).join()`,
      ),
    ).toBe(guest.run('want'));
  });
  it('let microtasks run between two of them', () => {
    expect(
      order(
        `setTimeout(() => { out.push(1); Promise.resolve().then(() => out.push('m')); }); setTimeout(() => out.push(2));`,
      ),
    ).toBe('1,m,2');
  });
  it('repeat until cleared, also from inside', () => {
    expect(
      order(`let n = 0; const id = setInterval(() => { out.push(++n); if (n === 3) clearInterval(id); }, 0)`),
    ).toBe('1,2,3');
    expect(guest.clock).toBe(3);
  });
  it('slow down when they nest deeper than five', () => {
    order(`let n = 0; (function f() { if (n++ < 10) setTimeout(f, 0); })()`);
    expect(guest.clock).toBe(4 * 4);
  });
  it('refuse text as code, and more than 10,000 at once', () => {
    expect(() => guest.run(`setTimeout('1')`)).toThrow('TypeError');
    expect(() => guest.run(`setInterval()`)).toThrow('TypeError');
    expect(
      guest.run(`let n = 0; try { for (;;) { setTimeout(() => {}); n++; } } catch (e) { n + e.name }`),
    ).toBe('10000RangeError');
  });
  it('throw what their callbacks throw, and go on afterwards', () => {
    guest.run(
      `globalThis.out = []; setTimeout(() => { throw new RangeError('boom') }); setTimeout(() => out.push('next'))`,
    );
    expect(() => guest.turn()).toThrow('RangeError: boom');
    guest.turn();
    expect(guest.run('out.join()')).toBe('next');
  });
  it('queueMicrotask runs in order with promises and reports errors', () => {
    expect(
      order(`Promise.resolve().then(() => out.push(1)); queueMicrotask(() => out.push(2)); out.push(0)`),
    ).toBe('0,1,2');
    guest.run(`queueMicrotask(() => { throw new Error('late') })`);
    expect(() => guest.turn()).toThrow('Error: late');
  });
});

describe('AbortSignal', () => {
  it('times out, follows others and keeps its reason', () => {
    expect(
      guest.settle(
        `new Promise(r => { AbortSignal.timeout(7).onabort = e => r(e.target.reason.name + e.isTrusted) })`,
      ),
    ).toBe('TimeoutErrortrue');
    expect(
      guest.run(
        `(() => { const a = new AbortController(), b = new AbortController(); const any = AbortSignal.any([a.signal, b.signal]); const any2 = AbortSignal.any([any]); let n = 0; any2.addEventListener('abort', () => n++); b.abort('why'); b.abort('no'); return [any.aborted, any2.reason, n, a.signal.aborted].join() })()`,
      ),
    ).toBe('true,why,1,false');
    expect(() => guest.run(`new AbortSignal()`)).toThrow('TypeError');
    expect(() => guest.run(`AbortSignal.abort(new RangeError('r')).throwIfAborted()`)).toThrow('RangeError');
  });
});
