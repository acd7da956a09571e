/** docs/python.md names every import the engine may call. */
import { expect, it } from 'vitest';
import { CLOSED, OPEN, REFUSED } from '../../src/runtimes/pyodide/imports.ts';
import { read } from './files.ts';

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
