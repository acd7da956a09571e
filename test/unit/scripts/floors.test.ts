import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { checkFloors, type Floor, parseFloors } from '../../../scripts/floors.ts';
import { referencesIn } from '../../../scripts/imports.ts';

const PAGE = `
<!-- floors -->
| row | floor | what | only | packages |
|---|---|---|---|---|
| \`src/core/\` | 0 | words | | |
| \`src/left/\` | 1 | one | | \`acorn\` \`@scope/name\` |
| \`src/right/\` | 1 | two | | |
| \`src/platform/\` | 2 | types | | |
| \`src/platform/node/\` | 2 | cells | \`src/core/\` | \`node:\` \`#built/file\` |
| \`src/platform/browser/\` | 2 | cells | | \`import()\` |
| \`src/index.ts\` | 7 | face | | \`#platform\` |
| \`web/\` | 9 | page | | \`page.json\` |
<!-- /floors -->
`;
const FLOORS: readonly Floor[] = parseFloors(PAGE);

const roots: string[] = [];
afterEach(() => {
  for (const root of roots.splice(0)) rmSync(root, { recursive: true, force: true });
});

/** Complaints about a tree of these files, as `file:line: message`. */
function check(files: Record<string, string>): string[] {
  const root = mkdtempSync(join(tmpdir(), 'citadel-floors-'));
  roots.push(root);
  const all = {
    'package.json': JSON.stringify({
      imports: {
        '#platform': { 'citadel-source': { node: './src/platform/node/a.ts' }, node: './dist/a.js' },
      },
    }),
    ...files,
  };
  for (const [path, text] of Object.entries(all)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return checkFloors(root, FLOORS).map(({ file, line, message }) => `${file}:${line}: ${message}`);
}

const WORDS = { 'src/core/a.ts': 'export const a = 1;\nexport type A = 1;\n' };

describe('floors', () => {
  test('pass when every import goes down, sideways within a row, or to the types around it', () => {
    expect(
      check({
        ...WORDS,
        'src/core/b.ts': "export * from './a.ts';",
        'src/left/a.ts': "import { a } from '../core/a.ts';\nimport 'acorn';\nimport '@scope/name/deep';\na;",
        'src/platform/types.ts': 'export type P = 1;',
        'src/platform/node/a.ts':
          "import 'node:fs';\nimport type { P } from '../types.ts';\nimport('#built/file');\nexport type Q = P;",
        'src/index.ts': "import '#platform';\nimport './left/a.ts';",
        'web/page.ts':
          "import '../src/index.ts';\nnew URL('./worker.ts?worker', import.meta.url);\nimport '../page.json';",
        'web/worker.ts': '',
        'page.json': '{}',
      }),
    ).toEqual([]);
  });

  test.each([
    ['import', "import '../left/a.ts';"],
    ['type import', "import type { L } from '../left/a.ts';"],
    ['re-export', "export * from '../left/a.ts';"],
    ['named re-export', "export { L } from '../left/a.ts';"],
    ['dynamic import', "await import('../left/a.ts');"],
    ['import type', "export type M = import('../left/a.ts').L;"],
    ['worker URL', "new URL('../left/a.ts', import.meta.url);"],
  ])('refuse an %s that goes up', (_, code) => {
    expect(check({ 'src/left/a.ts': 'export type L = 1;', 'src/core/up.ts': `\n${code}` })).toEqual([
      'src/core/up.ts:2: src/core/ (floor 0) may not import src/left/ (floor 1): only floors below its own',
    ]);
  });

  test('refuse rows of one floor importing each other', () => {
    const complaints = check({
      'src/left/a.ts': "import '../right/a.ts';",
      'src/right/a.ts': '',
      'src/platform/browser/a.ts': "import '../node/a.ts';",
      'src/platform/node/a.ts': '',
    });
    expect(complaints.map(line => line.split(':')[0])).toEqual([
      'src/left/a.ts',
      'src/platform/browser/a.ts',
    ]);
  });

  test('refuse a row outside the ones "only" names', () => {
    expect(check({ 'src/platform/node/a.ts': "import '../../left/a.ts';", 'src/left/a.ts': '' })).toEqual([
      'src/platform/node/a.ts:1: src/platform/node/ may import only src/core/: move what it needs, or pass it in',
    ]);
  });

  test('refuse an upward import that goes by a name of package.json', () => {
    const [complaint] = check({ 'src/core/a.ts': "import '#platform';", 'src/platform/node/a.ts': '' });
    expect(complaint).toContain('src/core/ (floor 0) may not import src/platform/node/ (floor 2)');
  });

  test.each([
    ['Node.js', "import 'node:fs';", 'node:'],
    ['a package', "import 'acorn/deep';", 'acorn'],
    ['a built file', "import('#built/file');", '#built/file'],
    ['a file outside the table', "import '../../page.json';", 'page.json'],
  ])('refuse %s where the row does not list it', (_, code, name) => {
    expect(check({ 'src/core/a.ts': code, 'page.json': '{}' })).toEqual([
      `src/core/a.ts:1: src/core/ may not import ${name}: its row of the table of floors does not list it`,
    ]);
  });

  test('refuse a computed import() except where the row lists it', () => {
    const code = 'const name = String(1);\nawait import(name);';
    expect(check({ 'src/core/a.ts': code, 'src/platform/browser/a.ts': code })).toEqual([
      'src/core/a.ts:2: name the module in import() with a literal: nobody can check a computed one',
    ]);
  });

  test('refuse a circle of values, and permit one of types', () => {
    expect(
      check({
        'src/core/a.ts': "import './b.ts';",
        'src/core/b.ts': "import './c.ts';",
        'src/core/c.ts': "import './a.ts';",
        'src/left/a.ts': "import type { B } from './b.ts';\nexport type A = B;",
        'src/left/b.ts': "import type { A } from './a.ts';\nexport type B = A[];",
      }),
    ).toEqual([
      'src/core/a.ts:1: break the circle src/core/a.ts → src/core/b.ts → src/core/c.ts → src/core/a.ts',
    ]);
  });

  test('refuse a missing file, a folder without a row, and a file that is too long', () => {
    expect(
      check({
        'src/core/a.ts': "import './gone.ts';",
        'src/new/a.ts': '',
        'src/left/long.ts': '1;\n'.repeat(501),
      }),
    ).toEqual([
      'src/core/a.ts:1: there is no file src/core/gone.ts',
      'src/left/long.ts:501: split it: 501 lines, 500 at most',
      'src/new/a.ts:1: give its folder a row in the table of floors',
    ]);
  });

  test('ignore what only looks like an import', () => {
    expect(
      check({
        'src/core/a.ts':
          "// import 'node:fs'\nexport const s = \"import('acorn')\", t = `from '../left/a.ts'`;",
      }),
    ).toEqual([]);
  });

  test('refuse a page without a table, and a row without a number', () => {
    expect(() => parseFloors('# Architecture')).toThrow('Mark the table');
    expect(() => parseFloors(PAGE.replace('| 9 |', '| top |'))).toThrow('Repair this row');
  });
});

test('references are found with their lines, and a file that does not parse is an error', () => {
  expect(referencesIn('a.ts', "import a, { type B } from 'b';\n\nexport type { C } from 'c';\n")).toEqual([
    { specifier: 'b', typeOnly: false, line: 1 },
    { specifier: 'c', typeOnly: true, line: 3 },
  ]);
  expect(() => referencesIn('a.ts', 'import {')).toThrow('Fix a.ts');
});
