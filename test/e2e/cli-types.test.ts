/** Types of host functions from the command line: what it writes satisfies the compiler. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { citadel } from './cli.ts';

const folder = mkdtempSync(join(tmpdir(), 'citadel-types-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const TSC = fileURLToPath(new URL('../../node_modules/typescript/bin/tsc', import.meta.url));

function check(name: string, code: string): string {
  const file = join(folder, `${name}.ts`);
  writeFileSync(file, code);
  const { stdout } = spawnSync(
    process.execPath,
    [
      TSC,
      '--noEmit',
      '--strict',
      '--target',
      'es2023',
      '--module',
      'esnext',
      '--types',
      '',
      '--ignoreConfig',
      join(folder, 'types/host.d.ts'),
      file,
    ],
    { encoding: 'utf8' },
  );
  return stdout;
}

test('citadel types writes what tsc and Python read, and a wrong call is a mistake', async () => {
  writeFileSync(
    join(folder, 'functions.json'),
    JSON.stringify({
      'crm.find': {
        description: 'A customer.',
        input: {
          type: 'object',
          properties: { id: { type: 'integer' } },
          required: ['id'],
          additionalProperties: false,
        },
        output: { type: 'object', properties: { name: { type: 'string' } }, required: ['name'] },
      },
      add: {},
      'kv.delete': { input: { type: 'string' }, output: { type: 'boolean' } },
    }),
  );
  const { code, out, err } = await citadel(['types', 'functions.json', '--out', 'types'], { cwd: folder });
  expect({ code, err }).toEqual({ code: 0, err: '' });
  expect(out.trim().split('\n').sort()).toEqual(
    ['host.d.ts', 'host/__init__.pyi', 'host/crm/__init__.pyi', 'host/kv/__init__.pyi'].map(
      path => `types/${path}`,
    ),
  );
  const right = `import { find } from 'host:crm';
    import { delete as drop } from 'host:kv';
    import { add, crm } from 'host';
    const name: string = (await find({ id: 1 })).name;
    const same: string = host.crm.find.sync({ id: 1 }).name;
    const gone: boolean = await drop('x');
    export default [name, same, gone, await add(1, 2), crm];`;
  expect(check('right', right)).toBe('');
  expect(check('wrong', `await host.crm.find({ id: 'x' }); export {};`)).toContain(
    "'string' is not assignable to type 'number'",
  );
  expect(readFileSync(join(folder, 'types/host/crm/__init__.pyi'), 'utf8')).toContain(
    'def __call__(self, *, id: int) -> dict[str, Any]: ...',
  );
}, 60_000);

test('citadel types says what is wrong with a declaration', async () => {
  for (const [text, told] of [
    ['[]', 'must hold one JSON object'],
    ['{"a-b": {}}', 'no name of a host function'],
    ['{"a": {"in": 1}}', 'knows no'],
    ['{"a": {"input": {"pattern": "x"}}}', 'pattern'],
  ] as const) {
    writeFileSync(join(folder, 'wrong.json'), text);
    const { code, err } = await citadel(['types', 'wrong.json', '--out', 'types'], { cwd: folder });
    expect(code).toBe(2);
    expect(err).toContain(told);
  }
  expect((await citadel(['types', 'wrong.json'], { cwd: folder })).err).toContain('--out');
});
