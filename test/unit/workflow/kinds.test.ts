/** The built-in kinds that need no cell: against a real server and real databases. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { PGlite } from '@electric-sql/pglite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Value } from '../../../src/core/value.ts';
import type { Config, PgPool, RunRecord, WorkflowNode } from '../../../src/workflow.ts';
import { createWorkflowEngine, openSqlite, postgres } from '../../../src/workflow.ts';

const SETUP = `create table stock(id integer primary key, name text, amount integer);
  insert into stock values (1, 'lamp', 3), (2, 'desk', 0), (3, 'chair', 12);
  create table secrets(value text); insert into secrets values ('hidden')`;

let port = 0;
const asked: { url: string; body: string; headers: Record<string, unknown> }[] = [];
const server = createServer((request, response) => {
  let body = '';
  request.on('data', (chunk: Buffer) => {
    body += chunk.toString();
  });
  request.on('end', () => {
    asked.push({ url: request.url ?? '', body, headers: request.headers });
    const { pathname } = new URL(request.url ?? '/', 'http://x');
    if (pathname === '/broken') response.writeHead(200, { 'content-type': 'application/json' }).end('{');
    else if (pathname === '/large') response.end('x'.repeat(5_000));
    else if (pathname === '/fails') response.writeHead(503).end('later');
    else if (pathname === '/hangs') response.writeHead(200).write('a');
    else
      response
        .writeHead(200, { 'content-type': 'application/json', 'x-a': '1' })
        .end(JSON.stringify({ got: request.url }));
  });
});
beforeAll(() => new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve)));
afterAll(() => {
  server.closeAllConnections();
  server.close();
});
beforeAll(() => {
  ({ port } = server.address() as AddressInfo);
});

const pglite = new PGlite();
afterAll(() => pglite.close());

/** A pool over PostgreSQL compiled to WebAssembly: its SQL is the real one, its connections are one. */
const pool: PgPool = {
  connect: async () => ({
    async query({ text, values }) {
      const { rows, fields, affectedRows } = await pglite.query<unknown[]>(text, values ?? [], {
        rowMode: 'array',
      });
      return { rows, fields, rowCount: affectedRows ?? null };
    },
    release: () => {},
  }),
  end: async () => {},
};
beforeAll(() => pglite.exec(SETUP).then(() => {}));

function make() {
  const rules = { verbs: ['select', 'insert', 'update'] as const, tables: ['stock'] };
  return createWorkflowEngine({
    policies: {
      default: {
        network: { allowIp: [`127.0.0.1:${port}`] },
        secrets: { TOKEN: { hosts: ['api.example.com'] } },
      },
    },
    secrets: { TOKEN: 'correct horse battery' },
    databases: {
      main: { open: () => openSqlite({ setup: SETUP, steps: 1_000_000 }), ...rules },
      pg: { open: () => postgres(pool), ...rules },
    },
  });
}

async function one(
  kind: string,
  config: Config,
  input: Value = {},
  more: Partial<WorkflowNode> = {},
): Promise<RunRecord> {
  await using engine = make();
  return await engine.run(
    {
      version: 1,
      nodes: [
        { id: 'start', kind: 'input' },
        { id: 'n', kind, config, ...more },
      ],
      edges: [{ from: 'start', to: 'n' }],
    },
    { input, vars: { base: `http://127.0.0.1:${port}`, tag: 'v' } },
  );
}
const out = async (...args: Parameters<typeof one>): Promise<unknown> => {
  const record = await one(...args);
  if (record.status !== 'success') throw new Error(`${record.error?.code}: ${record.error?.message}`);
  return record.output['n'];
};
const codeOf = async (...args: Parameters<typeof one>): Promise<string> =>
  (await one(...args)).error?.code ?? 'ok';

describe('http', () => {
  it('asks for each item, with what is filled in encoded for its place', async () => {
    const url = '{{ vars.base | raw }}/a/{{ item.name }}?q={{ item.q }}';
    const items = [
      { name: 'x/../y', q: 'a&b=c' },
      { name: 'ü', q: '' },
    ];
    expect(await out('http', { url, into: 'answer' }, items)).toEqual([
      { ...items[0], answer: { got: '/a/x%2F..%2Fy?q=a%26b%3Dc' } },
      { ...items[1], answer: { got: '/a/%C3%BC?q=' } },
    ]);
  });

  it('writes JSON that stays JSON, whatever the item holds', async () => {
    const config = {
      url: '{{ vars.base | raw }}/post',
      method: 'POST',
      headers: { 'Content-Type': 'application/json', 'X-Tag': '{{ vars.tag }}' },
      body: '{"name": {{ item.name }}, "list": {{ item.list }}}',
    };
    asked.length = 0;
    await out('http', config, [{ name: '", "admin": true, "', list: [1, { a: 2 }] }]);
    expect(JSON.parse(asked[0]?.body ?? '')).toEqual({ name: '", "admin": true, "', list: [1, { a: 2 }] });
    expect(asked[0]?.headers['x-tag']).toBe('v');
  });

  it('gives status and headers when asked for all', async () => {
    expect(await out('http', { url: '{{ vars.base | raw }}/', response: 'all' })).toEqual([
      { status: 200, headers: expect.objectContaining({ 'x-a': '1' }), body: { got: '/' } },
    ]);
  });

  it.each([
    ['/broken', {}, 'NODE_FAILED'],
    ['/fails', {}, 'HTTP_FAILED'],
    ['/fails', { failOnStatus: false }, 'ok'],
    ['/large', { maxBytes: 5_000 }, 'ok'],
    ['/large', { maxBytes: 4_999 }, 'NODE_FAILED'],
  ])('of %s with %j ends with %s', async (path, config, code) => {
    expect(await codeOf('http', { url: `{{ vars.base | raw }}${path}`, ...config })).toBe(code);
  });

  it('is denied what the policy does not allow, and says what would allow it', async () => {
    const record = await one('http', { url: 'http://{{ item.host }}/' }, [{ host: '169.254.169.254' }]);
    expect(record.error).toMatchObject({ code: 'POLICY_DENIED', node: 'n' });
    expect(record.nodes['n']?.denials).toEqual([
      { kind: 'network', subject: '169.254.169.254', hint: expect.stringContaining('network.allowIp') },
    ]);
    expect(record.nodes['n']?.egress).toMatchObject([{ decision: 'denied', outcome: 'denied' }]);
  });

  it('keeps a secret from hosts it is not for, and from the record', async () => {
    const record = await one('http', {
      url: '{{ vars.base | raw }}/s',
      headers: { Authorization: 'Bearer {{ secrets.TOKEN }}' },
    });
    expect(record.error?.code).toBe('POLICY_DENIED');
    expect(JSON.stringify(record)).not.toContain('correct horse');
  });

  it('ends templates that take for ever', async () => {
    const loop = `${'{% for a in (1..9) %}'.repeat(9)}{{ item }}${'{% endfor %}'.repeat(9)}`;
    expect(await codeOf('http', { url: `{{ vars.base | raw }}/${loop}` }, 'x', { timeoutMs: 500 })).toMatch(
      /^NODE_(?:FAILED|TIMEOUT)$/,
    );
  });

  it('ends with its node', async () => {
    expect(await codeOf('http', { url: '{{ vars.base | raw }}/hangs' }, {}, { timeoutMs: 100 })).toBe(
      'NODE_TIMEOUT',
    );
  });
});

describe.each(['main', 'pg'])('db %s', database => {
  it('gives rows as items, with parameters of each item', async () => {
    const config = {
      database,
      sql: 'select id, name from stock where amount >= $1 order by id',
      params: ['$.least'],
    };
    expect(await out('db', config, [{ least: 10 }])).toEqual([{ id: 3, name: 'chair' }]);
    expect(await out('db', { ...config, rows: 'list', into: 'found' }, [{ least: 3 }])).toEqual([
      {
        least: 3,
        found: [
          { id: 1, name: 'lamp' },
          { id: 3, name: 'chair' },
        ],
      },
    ]);
  });

  it('takes a value for a value, whatever it says', async () => {
    const sql = 'select count(*) as n from stock where name = $1';
    expect(
      await out('db', { database, sql, params: ['$.name'], into: 'r' }, [{ name: "' or 1=1 --" }]),
    ).toMatchObject([{ r: { n: 0 } }]);
  });

  it.each(['drop table stock', 'select * from secrets', 'delete from stock', 'select 1; select 2'])(
    'refuses %s, and says why',
    async sql => {
      const record = await one('db', { database, sql });
      expect(record.error?.code).toBe('POLICY_DENIED');
      expect(record.nodes['n']?.denials).toMatchObject([{ kind: 'sql', hint: expect.any(String) }]);
    },
  );

  it('writes all items of a batch, or none', async () => {
    const insert = {
      database,
      sql: 'insert into stock (id, name) values ($1, $2)',
      params: ['$.id', '$.name'],
    };
    await using engine = make();
    const workflow = (mode: 'item' | 'batch') => ({
      version: 1 as const,
      nodes: [
        { id: 'start', kind: 'input' },
        { id: 'n', kind: 'db', mode, concurrency: 1, config: insert },
        { id: 'bad', kind: 'logic.collect' },
        { id: 'count', kind: 'db', config: { database, sql: 'select count(*) as n from stock' } },
      ],
      edges: [
        { from: 'start', to: 'n' },
        { from: 'n', out: 'error', to: 'bad' },
        { from: 'bad', to: 'count' },
      ],
    });
    const items = [
      { id: 100, name: 'new' },
      { id: 1, name: 'taken' },
    ];
    expect((await engine.run(workflow('batch'), { input: items })).output['count']).toEqual([{ n: 3 }]);
    const each = await engine.run(workflow('item'), { input: items });
    expect(each.output['count']).toEqual([{ n: 4 }]);
    expect(each.nodes['n']).toMatchObject({ failedItems: 1, outputs: { out: [items[0]] } });
    if (database === 'pg') await pglite.exec('delete from stock where id = 100');
  });

  it('is held to its rows, at the limit and one past it', async () => {
    const config = { database, sql: 'select id from stock where id < 10' };
    expect(await out('db', { ...config, maxRows: 3 })).toHaveLength(3);
    expect(await codeOf('db', { ...config, maxRows: 2 })).toBe('NODE_FAILED');
  });
});

describe('SQLite', () => {
  it('breaks off a statement that takes too many steps, and works on', async () => {
    const db = await openSqlite({ setup: SETUP, steps: 100_000 });
    const values = { values: [], maxRows: 10 };
    const heavy = `select count(*) from ${Array.from({ length: 20 }, (_, i) => `stock s${i}`).join(', ')}`;
    await expect(db.run([{ sql: heavy, ...values }], AbortSignal.timeout(60_000))).rejects.toThrow(
      /interrupt/,
    );
    expect(await db.run([{ sql: 'select 1', ...values }], AbortSignal.timeout(60_000))).toMatchObject([
      { rows: [[1]] },
    ]);
    db.close();
  });

  it('is full at its size', async () => {
    const db = await openSqlite({ setup: 'create table t(x)', memoryBytes: 65_536 });
    const fill = { sql: 'insert into t values (?1)', values: ['x'.repeat(30_000)], maxRows: 1 };
    await db.run([fill], AbortSignal.timeout(60_000));
    await expect(db.run([fill, fill], AbortSignal.timeout(60_000))).rejects.toThrow(/full/);
    db.close();
  });

  it('is stored as a file and read again', async () => {
    const first = await openSqlite({ setup: SETUP });
    const file = first.export();
    first.close();
    const second = await openSqlite({ file });
    expect(
      await second.run(
        [{ sql: 'select name from stock', values: [], maxRows: 9 }],
        AbortSignal.timeout(60_000),
      ),
    ).toMatchObject([{ rows: [['lamp'], ['desk'], ['chair']] }]);
    second.close();
  });

  it.each([{ memoryBytes: 0 }, { memoryBytes: 2 ** 31 }, { steps: 0 }, { steps: 1e11 }])(
    'is not opened with %j',
    async options => {
      await expect(openSqlite(options)).rejects.toMatchObject({ code: 'LIMIT_OUT_OF_RANGE' });
    },
  );
});

describe('utils', () => {
  it.each<[string, Config, Value, unknown]>([
    ['utils.pick', { path: '$.a[1].b' }, [{ a: [0, { b: 7 }] }], [7]],
    [
      'utils.pick',
      { path: '$..b', all: true, into: 'all' },
      [{ a: { b: 1 }, b: 2 }],
      [{ a: { b: 1 }, b: 2, all: [2, 1] }],
    ],
    ['utils.pick', { path: '$.__proto__.x' }, [{}], [undefined]],
    [
      'utils.template',
      { template: 'Dear {{ item.name | upcase }}{% if item.vip %} *{% endif %}' },
      [{ name: 'ann', vip: true }],
      ['Dear ANN *'],
    ],
    [
      'utils.template',
      { template: '{{ item.constructor }}{{ item.toString }}{{ item.a.constructor }}' },
      [{ a: [] }],
      [''],
    ],
    ['utils.template', { template: '<b>{{ item }}</b>', escape: 'html' }, ['<i>'], ['<b>&#60;i&#62;</b>']],
    ['utils.hash', {}, ['abc'], ['ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad']],
    ['utils.hash', { algorithm: 'md5', encoding: 'base64' }, [''], ['1B2M2Y8AsgTpgAmY7PhCfg==']],
    ['utils.base64', {}, ['ü'], ['w7w=']],
    ['utils.base64', { op: 'decode' }, ['w7w'], ['ü']],
    ['utils.base64', { op: 'decode', as: 'bytes' }, ['AP8='], [new Uint8Array([0, 255])]],
    ['utils.date', {}, ['2026-02-28T12:00:00Z'], ['2026-02-28T12:00:00.000Z']],
    [
      'utils.date',
      { add: 'P1D', toZone: 'Asia/Tokyo', format: 'yyyy-MM-dd HH:mm' },
      ['2026-02-28T18:00:00Z'],
      ['2026-03-02 03:00'],
    ],
    [
      'utils.date',
      { input: 'dd.MM.yyyy', zone: 'Europe/Berlin' },
      ['24.12.2026'],
      ['2026-12-24T00:00:00.000+01:00'],
    ],
    [
      'utils.csv',
      { numbers: true },
      ['a,b\n1,"x, y"\n2.5,z\n'],
      [
        [
          { a: 1, b: 'x, y' },
          { a: 2.5, b: 'z' },
        ],
      ],
    ],
    ['utils.csv', { header: false, delimiter: ';' }, ['a;b\n'], [[['a', 'b']]]],
    [
      'utils.csv',
      { op: 'format' },
      [
        [
          { a: 1, b: 'x,"y"' },
          { a: null, c: '=1+1' },
        ],
      ],
      ['a,b,c\n1,"x,""y""",\n,,\'=1+1'],
    ],
    [
      'logic.split',
      { from: '$.list', into: 'one' },
      [{ list: [1, 2] }],
      [
        { list: [1, 2], one: 1 },
        { list: [1, 2], one: 2 },
      ],
    ],
    ['logic.collect', { into: 'all' }, [1, 2], [{ all: [1, 2] }]],
  ])('%s %j of %j', async (kind, config, input, expected) => {
    expect(
      await out(
        kind,
        config,
        input === undefined
          ? {}
          : [input].flat().length === 1 && Array.isArray(input)
            ? [input[0] as Value]
            : input,
      ),
    ).toEqual(expected);
  });

  it('parse CSV with a hostile header without touching a prototype', async () => {
    const [[row]] = (await out('utils.csv', {}, ['__proto__,toString\nx,y'])) as [[Record<string, unknown>]];
    expect(Object.getPrototypeOf(row)).toBe(Object.prototype);
    expect(Object.entries(row)).toEqual([
      ['__proto__', 'x'],
      ['toString', 'y'],
    ]);
  });

  it.each<[string, Config, Value]>([
    ['utils.base64', { op: 'decode' }, '%'],
    ['utils.base64', { op: 'decode' }, '/w=='],
    ['utils.date', {}, 'soon'],
    ['utils.csv', {}, 'a\n"'],
    ['utils.csv', { op: 'format' }, 'text'],
    ['utils.hash', { from: '$.missing' }, {}],
    ['utils.pick', { path: '$.a', into: 'b' }, 'text'],
    ['utils.template', { template: '{% for i in (1..100000000) %}x{% endfor %}' }, {}],
  ])('%s %j of %j fails by itself', async (kind, config, input) => {
    expect(await codeOf(kind, config, [input])).toBe('NODE_FAILED');
  });

  it('merge by key, the first of the other side', async () => {
    await using engine = make();
    const nodes: WorkflowNode[] = [
      { id: 'a', kind: 'input' },
      { id: 'b', kind: 'logic.split', config: { from: '$.rates' } },
      { id: 'c', kind: 'logic.split', config: { from: '$.orders' } },
      { id: 'm', kind: 'logic.merge', config: { by: 'key', key: '$.id' } },
    ];
    const edges = [
      { from: 'a', to: 'b' },
      { from: 'a', to: 'c' },
      { from: 'c', to: 'm' },
      { from: 'b', to: 'm', in: 'with' },
    ];
    const input = {
      rates: [
        { id: 1, rate: 2, x: 0 },
        { id: 1, rate: 3 },
      ],
      orders: [{ id: 1, x: 5 }, { id: 2 }],
    };
    expect((await engine.run({ version: 1, nodes, edges }, { input })).output['m']).toEqual([
      { id: 1, rate: 2, x: 5 },
      { id: 2 },
    ]);
  });
});
