/** What was found once, cut down to what mattered. It is tried before anything that is drawn. */
import type { Value } from '../../../src/core/value.ts';
import { packPackage } from '../../../src/packages/index.ts';
import type { Config } from '../../../src/workflow/types.ts';
import type { Case } from './oracle.ts';
import { nextName } from './packages.ts';
import type { World } from './world.ts';

const MiB = 1024 * 1024;

interface Found {
  /** Name of the entry that it is handed to, whose bounds it is held to. */
  readonly entry: string;
  make(world: World): Case;
}

/** A program that is run under default limits. */
const program = (note: string, code: string): Found => ({
  entry: 'sandbox.run, javascript',
  make: ({ sandbox }) => ({ bytes: MiB, note, call: () => sandbox.run({ runtime: 'javascript', code }) }),
});

/** One node on some items. */
const node = (note: string, kind: string, config: Config, items: () => Value[]): Found => ({
  entry: 'engine.run',
  make({ engine }) {
    const input = items();
    return {
      bytes: 8 * MiB,
      note,
      call: () =>
        engine.run(
          {
            version: 1,
            nodes: [
              { id: 'start', kind: 'input' },
              { id: 'n', kind, config, timeoutMs: 1_000 },
            ],
            edges: [{ from: 'start', to: 'n' }],
          },
          { input },
        ),
    };
  },
});

/** A package that is installed, then run. */
const plugin = (note: string, manifest: Record<string, unknown>, code: string): Found => ({
  entry: 'manager.execute',
  make({ manager }) {
    const name = nextName();
    const archive = packPackage({
      'citadel.json': JSON.stringify({
        ...{ name, version: '1.0.0', runtime: 'javascript', entry: 'main.js' },
        ...manifest,
      }),
      'main.js': code,
    });
    let installed: Promise<unknown> | undefined;
    return {
      bytes: 2 * MiB,
      note,
      async call() {
        installed ??= manager.install(archive, { accept: true });
        await installed;
        return manager.execute(name, {});
      },
      close: () => manager.uninstall(name),
    };
  },
});

const nest = (depth: number): Value => {
  let value: Value = 1;
  for (let i = 0; i < depth; i++) value = [value];
  return value;
};

export const CORPUS: readonly Found[] = [
  program(
    'objects with two integer keys far apart: 8 bytes became 31 KB',
    'Array.from({ length: 130000 }, () => ({ 1023: null, 2573: null }))',
  ),
  program(
    'one object with integer keys at every seventh place',
    'Object.fromEntries(Array.from({ length: 170000 }, (_, i) => [i * 7, null]))',
  ),
  program('empty objects, as many as fit', 'Array.from({ length: 520000 }, () => ({}))'),
  program(
    'a large text shared by a hundred thousand',
    '{ const o = { s: "x".repeat(500000) }; Array(100000).fill(o) }',
  ),
  node(
    'a template of 500 copies of a megabyte',
    'utils.template',
    { template: '{{item.s}}'.repeat(500), into: 'r' },
    () => Array.from({ length: 30 }, () => ({ s: 'x'.repeat(1_000_000) })),
  ),
  node(
    'a template over shared objects as JSON',
    'utils.template',
    { template: '{{ item.a }}', into: 'r' },
    () => {
      const leaf = { s: 'x'.repeat(300_000) };
      return [{ a: Array.from({ length: 1_500 }, () => leaf) }];
    },
  ),
  node(
    'a date pattern of fourteen zones',
    'utils.date',
    { input: Array(14).fill('z').join('-').concat('!'), from: '$.d', into: 'r' },
    () => [{ d: '-'.repeat(200) }],
  ),
  node(
    'a path that doubles at each step',
    'utils.pick',
    { path: `$${'[*,*,*,*]'.repeat(12)}`, all: true },
    () => [nest(12)],
  ),
  node('a path that descends eight times', 'utils.pick', { path: `$${'..*'.repeat(8)}`, all: true }, () => [
    nest(60),
  ]),
  node('a small path over many large items', 'utils.pick', { path: '$[*,*]' }, () =>
    Array.from({ length: 100 }, () => Array.from({ length: 50_000 }, () => null)),
  ),
  node('a table of many columns and many rows', 'utils.csv', { op: 'parse', from: '$.t', into: 'r' }, () => [
    {
      t: `${Array.from({ length: 60_000 }, (_, i) => `c${i.toString(36)}`).join(',')}\n${'1\n'.repeat(200_000)}`,
    },
  ]),
  node('rows with a key of their own each', 'utils.csv', { op: 'format', from: '$.rows', into: 'r' }, () => [
    { rows: Array.from({ length: 5_000 }, (_, i) => ({ [`k${i}`]: 1 })) },
  ]),
  node('base64 of many items', 'utils.base64', { op: 'encode', from: '$.s', into: 'r' }, () =>
    Array.from({ length: 120 }, () => ({ s: 'x'.repeat(400_000) })),
  ),
  node(
    'a search that is one step of SQLite',
    'db',
    { sql: 'select instr($1, $2) as n', params: ['$.h', '$.n'] },
    () => [{ h: 'a'.repeat(1_000_000), n: `${'a'.repeat(500_000)}b` }],
  ),
  node(
    'a pattern that is one step of SQLite',
    'db',
    { sql: 'select 1 as n where $1 like $2', params: ['$.h', '$.n'] },
    () => [{ h: 'a'.repeat(1_000_000), n: `%${'a'.repeat(24_000)}b%` }],
  ),
  node(
    'a recursion without end',
    'db',
    { sql: 'with recursive r(n) as (select 1 union all select n + 1 from r) select count(*) as n from r' },
    () => [{}],
  ),
  plugin(
    'safe HTML of one text in many places',
    { content: 'html' },
    'const o = { s: "<b>x</b>".repeat(40000) }; export default () => Array(100000).fill(o)',
  ),
  plugin(
    'safe Markdown of many different texts',
    { content: 'markdown' },
    'export default () => Array.from({ length: 10 }, (_, i) => "![".repeat(49000) + i)',
  ),
  plugin(
    'four hundred schemas over three hundred thousand numbers',
    { output: { items: { allOf: Array.from({ length: 400 }, () => ({ minimum: -1, maximum: 2 })) } } },
    'export default () => Array(300000).fill(1)',
  ),
  plugin(
    'shared arrays against a schema',
    {
      output: { items: { items: { items: { anyOf: Array.from({ length: 100 }, () => ({ minimum: 5 })) } } } },
    },
    'export default () => { let v = Array(100).fill(1); v = Array(100).fill(v); return Array(100).fill(v); }',
  ),
];
