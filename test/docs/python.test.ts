/** docs/python.md names every import the engine may call. */
import { expect, it } from 'vitest';
import { CLOSED, OPEN, REFUSED } from '../../src/runtimes/pyodide/imports.ts';
import { read, repositoryFiles } from './files.ts';

const text = read('docs/python.md');
const [, table = ''] = /<!-- imports -->\n([\s\S]*)<!-- \/imports -->/.exec(text) ?? [];
const rows = [...table.matchAll(/^\| `(\w+)` \| (.*) \|$/gm)].map(([, name, why]) => [name, why]);

it('docs/python.md explains each open import as the code does', () => {
  expect(Object.fromEntries(rows.slice(0, Object.keys(OPEN).length))).toEqual(OPEN);
});

it('docs/python.md names each refused import, and no other', () => {
  expect(rows.slice(Object.keys(OPEN).length).map(([name]) => name)).toEqual(Object.keys(REFUSED));
});

it('docs/python.md counts the closed ones', () => {
  expect(text).toContain(`All ${CLOSED.length} others`);
  const decision = read('docs/decisions/0013-python-without-its-glue.md');
  for (const count of [CLOSED.length, Object.keys(OPEN).length, Object.keys(REFUSED).length])
    expect(decision).toContain(`${count} `);
});

it('docs/python.md lists the modules that are missing as the contract does', () => {
  const [, listed = ''] = /<!-- absent -->\n([\s\S]*)<!-- \/absent -->/.exec(text) ?? [];
  const names = [...listed.matchAll(/`(\w+)`/g)].map(([, name]) => name);
  const [, tested = ''] =
    /ABSENT_MODULES[^']*'([^']*)'/.exec(read('test/contract/python-stdlib.test.ts')) ?? [];
  expect(names).toEqual(tested.split(' '));
});

it('docs/python.md names tests that are there', () => {
  const [, table = ''] = /## What holds a hostile program\n([\s\S]*?)\n## /.exec(text) ?? [];
  const security = repositoryFiles()
    .filter(path => path.startsWith('test/security/'))
    .join('\n');
  const named = [...table.matchAll(/^\|.*\| ([^|]*) \|$/gm)].flatMap(([, cell = '']) => [
    ...cell.matchAll(/`([\w-]+)`/g),
  ]);
  expect(named.length).toBeGreaterThan(8);
  for (const [, name] of named) expect(security, name).toMatch(new RegExp(`/${name}(?:\\.test\\.ts|/)`));
});
