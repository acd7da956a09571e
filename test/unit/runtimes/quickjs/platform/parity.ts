/** Runs the same expression in the guest and in Node.js, whose own classes are the reference. */
import { runInThisContext } from 'node:vm';
import { expect } from 'vitest';
import type { Guest } from './engine.ts';

/** A text for results that JSON would blur; thrown errors count by name, since messages are each engine's own. */
const SHOW = `(f => {
  const show = (v, d) => {
    if (d > 6) return '…';
    if (typeof v === 'string') return JSON.stringify(v);
    if (typeof v === 'bigint') return v + 'n';
    if (Object.is(v, -0)) return '-0';
    if (v === null || typeof v !== 'object') return String(v);
    const tag = Object.prototype.toString.call(v).slice(8, -1);
    if (v instanceof Error || tag === 'DOMException' || tag === 'Error') return 'Error(' + v.name + ')';
    if (tag === 'Date') return 'Date(' + v.getTime() + ')';
    if (tag === 'RegExp') return String(v);
    if (tag === 'Map') return 'Map' + show(Array.from(v), d + 1);
    if (tag === 'Set') return 'Set' + show(Array.from(v), d + 1);
    if (tag === 'Number' || tag === 'String' || tag === 'Boolean') return tag + '(' + show(v.valueOf(), d + 1) + ')';
    if (ArrayBuffer.isView(v) && tag !== 'DataView') return tag + '[' + Array.from(v, x => show(x, d + 1)) + ']';
    if (Array.isArray(v)) return '[' + Array.from(v, x => show(x, d + 1)).join() + ']';
    return tag + '{' + Object.keys(v).map(k => k + ':' + show(v[k], d + 1)).join() + '}';
  };
  try { return show(f(), 0); } catch (e) { return 'throws ' + (e && e.name || typeof e); }
})`;

export function same(guest: Guest, expression: string): void {
  const code = `${SHOW}(() => (${expression}))`;
  expect(guest.run(code), expression).toBe(runInThisContext(code));
}

/** The same for what a promise settles to. */
export async function sameSettled(guest: Guest, expression: string): Promise<void> {
  const code = `(async () => {
    let value;
    try { value = await (${expression}) } catch (e) { return 'throws ' + (e && e.name || typeof e) }
    return ${SHOW}(() => value);
  })()`;
  expect(guest.settle(code), expression).toBe(await (runInThisContext(code) as Promise<unknown>));
}
