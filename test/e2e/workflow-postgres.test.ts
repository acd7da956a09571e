/** The database node against a real PostgreSQL server, by a real connection. */
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createWorkflowEngine, postgres, type RunRecord, type WorkflowNode } from '../../src/workflow.ts';
import { postgresPrograms, type Server, startPostgres } from './postgres-server.ts';

const programs = postgresPrograms();

describe('a PostgreSQL server', () => {
  let server: Server;
  let admin: pg.Client;
  beforeEach(({ skip }) => skip(programs === null, 'no PostgreSQL server is installed'));
  beforeAll(async () => {
    if (programs === null) return;
    server = await startPostgres(programs);
    admin = new pg.Client({ host: server.host, user: server.user, database: 'postgres' });
    await admin.connect();
    await admin.query(`create table things(id integer primary key, name text, at timestamptz, more jsonb);
      insert into things values (1, 'one', '2026-01-02T03:04:05Z', '{"a": [1]}'), (2, 'two', null, null);
      create table hidden(x text); insert into hidden values ('secret');
      create function slow() returns integer as 'select 1 from pg_sleep(30)' language sql`);
  });
  afterAll(async () => {
    if (programs === null) return;
    await admin.end();
    await server.stop();
  });

  async function run(
    config: WorkflowNode['config'],
    input: object = {},
    more: Partial<WorkflowNode> = {},
  ): Promise<RunRecord> {
    await using engine = createWorkflowEngine({
      databases: {
        main: {
          open: () =>
            postgres(new pg.Pool({ host: server.host, user: server.user, database: 'postgres', max: 2 }), {
              statementTimeoutMs: 500,
            }),
          verbs: ['select', 'insert'],
          tables: ['things'],
          functions: ['slow'],
        },
      },
    });
    return await engine.run(
      {
        version: 1,
        nodes: [
          { id: 'start', kind: 'input' },
          { id: 'db', kind: 'db', config: config ?? {}, ...more },
        ],
        edges: [{ from: 'start', to: 'db' }],
      },
      { input: input as never },
    );
  }

  it('gives rows as values', async () => {
    const { output, error } = await run(
      { sql: 'select * from things where id = $1', params: ['$.id'] },
      { id: 1 },
    );
    expect(error).toBe(null);
    expect(output['db']).toEqual([
      { id: 1, name: 'one', at: new Date('2026-01-02T03:04:05Z'), more: '{"a":[1]}' },
    ]);
  });

  it('keeps a batch whole', async () => {
    const config = { sql: 'insert into things (id, name) values ($1, $2)', params: ['$.id', '$.name'] };
    const broken = await run(
      config,
      [
        { id: 10, name: 'new' },
        { id: 1, name: 'taken' },
      ],
      { mode: 'batch' },
    );
    expect(broken.error).toMatchObject({ code: 'NODE_FAILED' });
    expect((await admin.query('select 1 from things where id = 10')).rowCount).toBe(0);
    expect((await run(config, [{ id: 11, name: 'new' }], { mode: 'batch' })).status).toBe('success');
    expect((await admin.query('select 1 from things where id = 11')).rowCount).toBe(1);
  });

  it('never sees what is not allowed', async () => {
    for (const sql of [
      'select * from hidden',
      'drop table things',
      'select pg_read_file($1)',
      'delete from things',
    ])
      expect((await run({ sql })).error).toMatchObject({ code: 'POLICY_DENIED' });
    expect((await admin.query('select 1 from hidden')).rowCount).toBe(1);
  });

  it('ends a statement at its own time, and at the node’s', async () => {
    expect((await run({ sql: 'select slow() as x' })).error?.message).toMatch(/statement timeout/);
    expect((await run({ sql: 'select slow() as x' }, {}, { timeoutMs: 100 })).error?.code).toBe(
      'NODE_TIMEOUT',
    );
    expect((await run({ sql: 'select id from things where id = 2' })).status).toBe('success');
  });
});
