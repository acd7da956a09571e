/** Runs the README: its programs, its commands, on what the build wrote. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { codeBlocks, read, root } from './files.ts';

const blocks = codeBlocks(read('README.md'));
const programs = blocks.filter(({ language }) => language === 'ts').map(({ code }) => code);
const commands = blocks
  .filter(({ language }) => language === 'sh')
  .flatMap(({ code }) => code.trim().split('\n'));

/** Inside the repository, where the package's own name leads to the built library. */
const folder = join(root, '.cache', 'readme');

function run(file: string, args: readonly string[], cwd: string): { status: number | null; out: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [file, ...args], { cwd, encoding: 'utf8' });
  return { status, out: `${stdout}${stderr}` };
}

beforeAll(() => {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const [i, code] of programs.entries()) writeFileSync(join(folder, `block-${i}.ts`), code);
});

describe('programs of the README', () => {
  test('are found', () => {
    expect(programs.length).toBeGreaterThanOrEqual(3);
  });

  test.each(programs.map((_, i) => i))('block %i runs', i => {
    const { status, out } = run(join(folder, `block-${i}.ts`), [], root);
    expect({ status, out }).toMatchObject({ status: 0 });
    // The first one says in a comment what it prints.
    if (i === 0) expect(out).toBe('[log] adding up 2 orders\n42\n');
  });

  test('type-check against the built declarations', () => {
    const config = {
      extends: '../../tsconfig.json',
      compilerOptions: { customConditions: [], noUnusedLocals: false },
      include: ['*.ts'],
    };
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config));
    expect(run(join(root, 'node_modules/typescript/bin/tsc'), ['-p', folder], root)).toEqual({
      status: 0,
      out: '',
    });
  });
});

describe('commands of the README', () => {
  const place = mkdtempSync(join(tmpdir(), 'citadel-readme-'));
  afterAll(() => rmSync(place, { recursive: true, force: true }));
  const ours = commands.filter(command => command.startsWith('npx citadel '));

  beforeAll(() => {
    writeFileSync(join(place, 'plugin.js'), 'input.text.length');
    writeFileSync(
      join(place, 'plugin.ts'),
      "import { cents } from 'money';\nconst price: number = 2;\nexport default cents(price);",
    );
    // The module that the README itself has in hexadecimal.
    const [, hex = ''] = /const hex = '([0-9a-f]+)'/.exec(read('README.md')) ?? [];
    writeFileSync(join(place, 'plugin.wasm'), Buffer.from(hex, 'hex'));
    writeFileSync(join(place, 'money.js'), 'export const cents = amount => amount * 100;');
    writeFileSync(join(place, 'policy.json'), '{"modules":{"javascript":["money"]}}');
  });

  test('are found, the first two being what a visitor types', () => {
    expect(commands.slice(0, 2)).toEqual(['npm ci && npm start', 'npm ci && npm test']);
    expect(ours.length).toBeGreaterThanOrEqual(3);
  });

  test.each(ours)('%s succeeds', command => {
    const words = [...command.matchAll(/'([^']*)'|(\S+)/g)].map(match => match[1] ?? match[2] ?? '').slice(2);
    const { status, out } = run(join(root, 'dist/cli/main.js'), words, place);
    expect({ status, out }).toMatchObject({ status: 0 });
  });
});
