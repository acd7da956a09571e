/**
 * The examples, as data: what runs under which policy on which input, and what should come of it. Names files and
 * reads none, so that the terminal (run.ts) and a web page can both use it.
 */
import type { ErrorCode } from '../src/core/errors.ts';
import type { Value } from '../src/core/value.ts';

export interface Example {
  /** Also the name of its policy: `policies/NAME.json`. */
  readonly name: string;
  /** In `plugins/`; TypeScript when it ends in `.ts`. */
  readonly file: string;
  /** One line for people. */
  readonly title: string;
  /** A file in `data/` (`.csv` as text, `.json` parsed), or the value itself. */
  readonly input: { readonly file: string } | { readonly value: Value };
  /** Specifier → file in `modules/`. */
  readonly modules: Readonly<Record<string, string>>;
  readonly expect: {
    readonly outcome: 'success' | ErrorCode;
    /** Subjects of the denials, in order. */
    readonly denied: readonly string[];
    /** Whether a successful result is what it should be. */
    readonly holds?: (data: Value) => boolean;
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
    name: 'exfiltrate',
    file: 'exfiltrate.js',
    title: 'tries eleven ways out and reports what it got',
    input: { value: undefined },
    modules: {},
    expect: {
      outcome: 'success',
      denied: ['collector.example', 'node:fs'],
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
];
