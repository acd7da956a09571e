/**
 * The examples, as data: what runs under which policy on which input, and what should come of it. Names files and
 * reads none, so that the terminal (run.ts) and a web page can both use it.
 */
import type { ErrorCode } from '../src/core/errors.ts';
import type { Value } from '../src/core/value.ts';

export interface Example {
  /** Also the name of its policy: `policies/NAME.json`. */
  readonly name: string;
  /** In `plugins/`, TypeScript when it ends in `.ts`, Python in `.py`; `NAME.wasm` is `native/NAME/NAME.wasm`. */
  readonly file: string;
  /** One line for people. */
  readonly title: string;
  /** A file in `data/` (`.csv` as text, `.json` parsed), or the value itself. */
  readonly input: { readonly file: string } | { readonly value: Value };
  /** Specifier → file in `modules/`. */
  readonly modules: Readonly<Record<string, string>>;
  /** Of a native plugin: which function, with what, and which files of `data/` it finds where. */
  readonly entry?: string;
  readonly args?: readonly string[];
  readonly files?: Readonly<Record<string, string>>;
  readonly expect: {
    readonly outcome: 'success' | ErrorCode;
    /** Subjects of the denials, in order. */
    readonly denied: readonly string[];
    /** Whether a successful result is what it should be. */
    readonly holds?: (data: Value, files: Readonly<Record<string, Uint8Array>>) => boolean;
  };
}

const field = (data: Value, name: string): Value =>
  typeof data === 'object' && data !== null && Object.hasOwn(data, name)
    ? (data as Readonly<Record<string, Value>>)[name]
    : undefined;

export const EXAMPLES: readonly Example[] = [
  {
    name: 'summarise-orders',
    file: 'summarise-orders.js',
    title: 'parses 500 orders of a CSV file and adds them up by region (an ES module)',
    input: { file: 'orders.csv' },
    modules: {},
    expect: { outcome: 'success', denied: [], holds: data => data instanceof Map && data.size === 4 },
  },
  {
    name: 'clean-contacts',
    file: 'clean-contacts.ts',
    title: 'tidies a messy address book and drops duplicates (TypeScript)',
    input: { file: 'contacts.json' },
    modules: {},
    expect: {
      outcome: 'success',
      denied: [],
      holds: data => {
        const [contacts, rejected] = [field(data, 'contacts'), field(data, 'rejected')];
        return (
          Array.isArray(contacts) && Array.isArray(rejected) && contacts.length + rejected.length === 120
        );
      },
    },
  },
  {
    name: 'score',
    file: 'score.js',
    title: 'scores one customer (a script: its last expression is the result)',
    input: { value: { customer: 'Acme, Inc.', quantity: 12, yearsWithUs: 4 } },
    modules: {},
    expect: { outcome: 'success', denied: [], holds: data => field(data, 'score') === 36 },
  },
  {
    name: 'await-body',
    file: 'await-body.js',
    title: 'waits for timers between its steps (a body with await and return)',
    input: {
      value: { base: 'https://shop.example/catalogue/', pages: ['lamps', '../stools?sort=price', '/desks'] },
    },
    modules: {},
    expect: { outcome: 'success', denied: [], holds: data => field(data, 'ticket') === 36 },
  },
  {
    name: 'uses-module',
    file: 'uses-module.js',
    title: 'imports a module that its policy allows and the host supplies',
    input: {
      value: {
        lines: [
          { cents: 1999, quantity: 3 },
          { cents: 250, quantity: 10 },
        ],
      },
    },
    modules: { money: 'money.js' },
    expect: { outcome: 'success', denied: [], holds: data => field(data, 'total') === '84.97 EUR' },
  },
  {
    name: 'sales-report',
    file: 'sales-report.py',
    title: 'sums up a CSV file exactly, with the standard library it was granted (Python)',
    input: { file: 'orders.csv' },
    modules: {},
    expect: {
      outcome: 'success',
      denied: [],
      holds: data => {
        const north = field(field(data, 'regions'), 'north');
        return field(north, 'total') === '56039.41' && field(data, 'from') === '2025-01-04';
      },
    },
  },
  {
    name: 'csv-stats',
    file: 'csv-stats.wasm',
    title: 'adds up a column of a CSV file and leaves a report (C, a WASI command)',
    input: { value: { file: '/data/orders.csv', column: 'unit_cents' } },
    modules: {},
    files: { '/data/orders.csv': 'orders.csv' },
    expect: {
      outcome: 'success',
      denied: [],
      holds: (data, files) =>
        Number(field(data, 'count')) > 400 && Object.keys(files).join() === '/out/report.txt',
    },
  },
  {
    name: 'word-count',
    file: 'word-count.wasm',
    title: 'counts the words of a text (Rust, a WASI command)',
    input: { value: { text: 'It was the best of times, it was the worst of times', top: 3 } },
    modules: {},
    expect: { outcome: 'success', denied: [], holds: data => field(data, 'words') === 12 },
  },
  {
    name: 'finance',
    file: 'finance.wasm',
    title: 'says what a loan costs each month (AssemblyScript, functions over numbers)',
    input: { value: [200_000, 0.05, 360] },
    modules: {},
    entry: 'payment',
    expect: { outcome: 'success', denied: [], holds: data => Math.abs(Number(data) - 1073.64) < 0.01 },
  },
  {
    name: 'count-vowels',
    file: 'count-vowels.wasm',
    title: 'counts vowels (an Extism plugin, as it comes)',
    input: { value: 'Hello, World!' },
    modules: {},
    expect: { outcome: 'success', denied: [], holds: data => field(data, 'count') === 3 },
  },
  {
    name: 'exfiltrate',
    file: 'exfiltrate.js',
    title: 'tries eleven ways out and reports what it got',
    input: { value: undefined },
    modules: {},
    expect: {
      outcome: 'success',
      denied: ['node:fs', 'collector.example'],
      holds: data => {
        const reached = field(data, 'reached');
        return Array.isArray(reached) && reached.length === 0;
      },
    },
  },
  {
    name: 'jailbreak',
    file: 'jailbreak.py',
    title: 'tries thirteen ways out and reports what it got (Python)',
    input: { value: undefined },
    modules: {},
    expect: {
      outcome: 'success',
      denied: ['subprocess', 'collector.example'],
      holds: data => {
        const reached = field(data, 'reached');
        return Array.isArray(reached) && reached.length === 0;
      },
    },
  },
  {
    name: 'greedy',
    file: 'greedy.js',
    title: 'loops for ever and catches what it can',
    input: { value: undefined },
    modules: {},
    expect: { outcome: 'TIMEOUT', denied: [] },
  },
  {
    name: 'memory-hog',
    file: 'memory-hog.js',
    title: 'allocates until it is stopped',
    input: { value: undefined },
    modules: {},
    expect: { outcome: 'MEMORY_LIMIT', denied: [] },
  },
  {
    name: 'hostile',
    file: 'hostile.wasm',
    title: 'fills 16 MiB again and again, in one native operation each time (WebAssembly by hand)',
    input: { value: undefined },
    modules: {},
    entry: 'fill',
    expect: { outcome: 'TIMEOUT', denied: [] },
  },
];

/** Where the file of an example is, below this folder. */
export function placeOf(file: string): string {
  return file.endsWith('.wasm') ? `native/${file.slice(0, -5)}/${file}` : `plugins/${file}`;
}
