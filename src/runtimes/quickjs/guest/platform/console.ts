/** The console of the standard. One call makes one record; the cell counts and caps them. */

import { table } from './console-table.ts';
import { format } from './format.ts';
import { indent, inspect, MAX_TEXT } from './inspect.ts';
import {
  ErrorCtor,
  getOwn,
  global,
  MapCtor,
  MapDelete,
  MapGet,
  MapSet,
  ownKeys,
  repeat,
  slice,
  toWellFormed,
} from './primordials.ts';
import { dictionary, hidden, host, list, member, tag, toStr } from './webidl.ts';

const DEBUG = 0;
const LOG = 1;
const INFO = 2;
const WARN = 3;
const ERROR = 4;
const MAX_GROUPS = 32;
const MAX_DIR_DEPTH = 8;

let groups = 0;
const counts: Map<string, number> = new MapCtor();
const clocks: Map<string, number> = new MapCtor();

function emit(level: number, text: string): void {
  const prefix = repeat('  ', groups < MAX_GROUPS ? groups : MAX_GROUPS);
  const cut = text.length > MAX_TEXT ? slice(text, 0, MAX_TEXT) : text;
  const whole = prefix + indent(cut, prefix);
  const shown = whole.length > MAX_TEXT || cut !== text ? slice(whole, 0, MAX_TEXT - 1) + '…' : whole;
  host.log(level, toWellFormed(shown));
}

function after(args: readonly unknown[], from: number): unknown[] {
  const rest: unknown[] = list();
  for (let i = from; i < args.length; i++) rest[i - from] = args[i];
  return rest;
}

function joined(first: string, args: readonly unknown[], from: number): string {
  const rest = after(args, from);
  return rest.length > 0 ? first + ' ' + format(rest) : first;
}

const label = (given: unknown): string => (given === undefined ? 'default' : slice(toStr(given), 0, 256));

function elapsed(name: string): string | undefined {
  const since = MapGet(clocks, name);
  if (since === undefined) {
    emit(WARN, "Timer '" + name + "' does not exist");
    return undefined;
  }
  return name + ': ' + (host.now() - since) + 'ms';
}

// Shorthand methods: like the browser's, they cannot be constructed, and need no `this`.
const methods: Record<string, unknown> = {
  debug: (...args: unknown[]): void => emit(DEBUG, format(args)),
  log: (...args: unknown[]): void => emit(LOG, format(args)),
  info: (...args: unknown[]): void => emit(INFO, format(args)),
  warn: (...args: unknown[]): void => emit(WARN, format(args)),
  error: (...args: unknown[]): void => emit(ERROR, format(args)),
  trace: (...args: unknown[]): void => {
    const stack = getOwn(new ErrorCtor(), 'stack')?.value;
    emit(LOG, joined('Trace:', args, 0) + (typeof stack === 'string' ? '\n' + stack : ''));
  },
  dir: (value: unknown, options: unknown): void => {
    const depth = member(dictionary(options, 'console.dir'), 'depth');
    const wanted =
      depth === null || (typeof depth === 'number' && depth > MAX_DIR_DEPTH) ? MAX_DIR_DEPTH : depth;
    emit(LOG, inspect(value, typeof wanted === 'number' ? wanted : 2));
  },
  dirxml: (...args: unknown[]): void => emit(LOG, format(args)),
  table: (value: unknown): void => {
    let grid: string | undefined;
    try {
      grid = table(value);
    } catch {
      grid = undefined;
    }
    emit(LOG, grid ?? inspect(value));
  },
  group: (...args: unknown[]): void => {
    if (args.length > 0) emit(LOG, format(args));
    groups++;
  },
  groupCollapsed: (...args: unknown[]): void => {
    if (args.length > 0) emit(LOG, format(args));
    groups++;
  },
  groupEnd: (): void => {
    if (groups > 0) groups--;
  },
  time: (given?: unknown): void => {
    const name = label(given);
    if (MapGet(clocks, name) !== undefined) emit(WARN, "Timer '" + name + "' already exists");
    else MapSet(clocks, name, host.now());
  },
  timeLog: (given?: unknown, ...args: unknown[]): void => {
    const text = elapsed(label(given));
    if (text !== undefined) emit(LOG, joined(text, args, 0));
  },
  timeEnd: (given?: unknown): void => {
    const name = label(given);
    const text = elapsed(name);
    MapDelete(clocks, name);
    if (text !== undefined) emit(INFO, text);
  },
  count: (given?: unknown): void => {
    const name = label(given);
    const count = (MapGet(counts, name) ?? 0) + 1;
    MapSet(counts, name, count);
    emit(INFO, name + ': ' + count);
  },
  countReset: (given?: unknown): void => {
    const name = label(given);
    if (!MapDelete(counts, name)) emit(WARN, "Count for '" + name + "' does not exist");
  },
  assert: (condition?: unknown, ...args: unknown[]): void => {
    if (condition) return;
    const first = args.length > 0 ? args[0] : undefined;
    if (args.length === 0) emit(ERROR, 'Assertion failed');
    else if (typeof first !== 'string') emit(ERROR, joined('Assertion failed:', args, 0));
    else emit(ERROR, 'Assertion failed: ' + format(args));
  },
  clear: (): void => {
    groups = 0;
  },
};

export function installConsole(): void {
  // The standard puts an empty object between console and Object.prototype.
  const console = { __proto__: {} } as unknown as Record<string, unknown>;
  const names = ownKeys(methods);
  for (let i = 0; i < names.length; i++) console[names[i] as string] = methods[names[i] as string];
  tag(console, 'console');
  hidden(global, 'console', console);
}
