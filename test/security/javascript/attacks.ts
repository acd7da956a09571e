/** The published attacks on JavaScript sandboxes, by id, as this engine's guests run them. */
import { readFileSync } from 'node:fs';

export interface Attack {
  readonly id: string;
  readonly title: string;
  readonly code: string;
  /** The safe outcome in words; its first word is the class. */
  readonly expect: string;
}

/** Rows that are no program, with what covers them instead. */
export const NOT_RUNNABLE: Readonly<Record<string, string>> = {
  'JS-MSF-010':
    'names external regression suites; test262 and the engine’s own suites are run from outside the tree',
};

/**
 * The rows call a bridge `host`. Here it stands for the real ways out of a guest: console and fetch cross to the cell,
 * structuredClone and URL read hostile values in the platform, an event listener is a callback the platform makes.
 */
const HOST =
  'const host = { call: (name, value) => [structuredClone(value), console.log(value)][0], log: console.log, fetch, ' +
  'config: env, withCallback(f) { let r; const t = new EventTarget(); ' +
  't.addEventListener("x", () => { r = f(); }); t.dispatchEvent(new Event("x")); return r; } }; ';

interface Row {
  readonly id: string;
  readonly title: string;
  readonly payload: string;
  readonly expect: string;
}

export const ATTACKS: readonly Attack[] = readFileSync(new URL('attacks.jsonl', import.meta.url), 'utf8')
  .trim()
  .split('\n')
  .map(line => JSON.parse(line) as Row)
  .filter(row => !(row.id in NOT_RUNNABLE))
  .map(({ id, title, payload, expect }) => ({
    id,
    title,
    expect,
    code: /\bhost\b\s*[.)]/.test(payload) ? HOST + payload : payload,
  }));
