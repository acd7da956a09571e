/** Workflows of a hostile author, of each kind there is, and items that fit them. */
import type { Value } from '../../../src/core/value.ts';
import type { Json, Workflow, WorkflowNode } from '../../../src/workflow/types.ts';
import type { Random } from '../../unit/protocol/random.ts';
import { hostileText, sizeUpTo } from './texts.ts';
import { hostileProgram, hostileValue } from './values.ts';

type Config = Record<string, Json>;

const from = (random: Random): string =>
  random.pick(['$', '$.s', '$.rows', '$.rows[*].a', hostileText(random, 'path', 200)]);

const CONFIGS: Readonly<Record<string, (random: Random) => Config>> = {
  'utils.pick': random => ({ path: hostileText(random, 'path', 1_000), all: random.int(2) === 0 }),
  'utils.template': random => ({
    template: hostileText(random, 'template', 60_000),
    escape: random.pick(['none', 'html', 'json', 'url']),
    into: 'r',
  }),
  'utils.hash': random => ({
    from: from(random),
    algorithm: random.pick(['sha-256', 'sha-512', 'sha3-256', 'sha-1', 'md5']),
    into: 'r',
  }),
  'utils.base64': random => ({ from: from(random), op: random.pick(['encode', 'decode']), into: 'r' }),
  'utils.date': random => ({
    from: from(random),
    ...(random.int(2) === 0 ? { input: hostileText(random, 'date', 100) } : {}),
    ...(random.int(2) === 0 ? { format: hostileText(random, 'date', 100) } : {}),
    ...(random.int(3) === 0 ? { add: 'P999999Y999999M' } : {}),
    into: 'r',
  }),
  'utils.csv': random => ({ from: from(random), op: random.pick(['parse', 'format']), into: 'r' }),
  'logic.merge': random => (random.int(2) === 0 ? {} : { by: 'key', key: from(random) }),
  'logic.split': random => ({ from: from(random), ...(random.int(2) === 0 ? { into: 'r' } : {}) }),
  'logic.collect': random => (random.int(2) === 0 ? {} : { into: random.pick(['r', '1023', '__proto__']) }),
  'logic.map': random => ({
    expression: random.pick([
      'item',
      '[item, item]',
      '({ ...item, x: 1 })',
      'Array(2000).fill(item)',
      hostileText(random, 'javascript', 2_000),
    ]),
  }),
  'logic.filter': random => ({
    expression: random.pick(['item.a > 1', 'true', hostileText(random, 'javascript', 500)]),
  }),
  'logic.if': random => ({
    expression: random.pick(['item', 'index % 2', hostileText(random, 'javascript', 500)]),
  }),
  db: random => ({
    sql: random.pick([
      'select 1 as n',
      'select $1 as n',
      'select instr($1, $2) as n',
      'select replace($1, $2, $1) as n',
      'select trim($1, $2) as n',
      'select $1 || $1 || $1 || $1 as n',
      'select 1 as n where $1 like $2',
      'select group_concat(a) as n from seen',
      'select count(*) as n from seen a, seen b, seen c, seen d',
      'insert into seen (a) values ($1)',
      'with recursive r(n) as (select 1 union all select n + 1 from r) select count(*) as n from r',
      hostileText(random, 'sql', 15_000),
    ]),
    params: random.pick([[], ['$.s'], ['$.s', '$.s'], ['$', '$.rows']]),
    maxRows: random.pick([1, 100, 100_000]),
  }),
  plugin: random => ({
    code: random.int(2) === 0 ? hostileProgram(random, 60_000) : hostileText(random, 'javascript', 200_000),
  }),
  http: random => ({
    url: hostileText(random, random.pick(['url', 'template'] as const), 4_000),
    body: hostileText(random, 'template', 20_000),
    method: 'POST',
  }),
  'timer.delay': random => ({ ms: random.pick([0, 1, 10_000]) }),
};

const KINDS: readonly string[] = Object.keys(CONFIGS);

/** One to four nodes in a row after `input`, the last of them sometimes fed twice. */
export function hostileWorkflow(random: Random): Workflow {
  const nodes: WorkflowNode[] = [{ id: 'start', kind: 'input' }];
  const edges: { from: string; to: string; in?: string }[] = [];
  const length = random.pick([1, 1, 1, 2, 2, 3, 4]);
  for (let i = 0; i < length; i++) {
    const kind = random.pick(KINDS);
    const config = (CONFIGS[kind] as (random: Random) => Config)(random);
    nodes.push({
      id: `n${i}`,
      kind,
      config,
      timeoutMs: 1_000,
      ...(random.int(4) === 0 ? { mode: 'item' as const } : {}),
    });
    edges.push({ from: i === 0 ? 'start' : `n${i - 1}`, to: `n${i}` });
    if (kind === 'logic.merge') edges.push({ from: 'start', to: `n${i}`, in: 'with' });
  }
  return { version: 1, nodes, edges };
}

/** A workflow that is only to be checked: large in one way or another. */
export function largeWorkflow(random: Random): unknown {
  switch (random.int(4)) {
    case 0: {
      const count = sizeUpTo(random, 200);
      return {
        version: 1,
        nodes: Array.from({ length: count }, (_, i) => ({
          id: `n${i}`,
          kind: 'plugin',
          config: { code: hostileText(random, 'javascript', 30_000) },
        })),
        edges: [],
      };
    }
    case 1: {
      const count = sizeUpTo(random, 2_500);
      return {
        version: 1,
        nodes: Array.from({ length: count }, (_, i) => ({
          id: `n${i}`,
          kind: random.pick(['input', 'logic.merge', 'nope', 'utils.pick']),
          config: {},
        })),
        edges: Array.from({ length: sizeUpTo(random, 12_000) }, () => ({
          from: `n${random.int(count)}`,
          to: `n${random.int(count)}`,
        })),
      };
    }
    case 2:
      return { version: 1, nodes: hostileValue(random, 200_000), edges: hostileValue(random, 50_000) };
    default:
      return hostileWorkflow(random);
  }
}

export function hostileItems(random: Random): Value[] {
  const count = sizeUpTo(random, 200);
  const one = hostileValue(random, random.pick([1_000, 50_000, 400_000]));
  return random.int(2) === 0 ? [one] : Array.from({ length: count }, () => one);
}
