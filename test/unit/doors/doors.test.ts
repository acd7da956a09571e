import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import {
  functionTypes,
  type KeyValueStore,
  keyValue,
  memoryKeyValueStore,
  tools,
} from '../../../src/doors.ts';
import { sqliteKeyValueStore } from '../../../src/doors-node.ts';

const folder = mkdtempSync(join(tmpdir(), 'citadel-doors-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

type Call = (...args: unknown[]) => Promise<unknown>;
/** The functions of a store as one plugin calls them. */
function as(
  plugin: string,
  functions: ReturnType<typeof keyValue>,
): Record<'get' | 'set' | 'delete' | 'list', Call> {
  const bound = Object.entries(functions).map(([name, call]) => [name, (call as Call).bind({ plugin })]);
  return Object.fromEntries(bound) as Record<'get' | 'set' | 'delete' | 'list', Call>;
}

describe.each([
  ['memory', async (): Promise<KeyValueStore> => memoryKeyValueStore()],
  ['SQLite', (): Promise<KeyValueStore> => sqliteKeyValueStore(join(folder, 'keys.sqlite'))],
])('a key-value door over %s', (_, open) => {
  it('keeps every kind of data, for each plugin apart, within its quota', async () => {
    const store = await open();
    const doors = keyValue({ store, keys: 2, bytes: 400, valueBytes: 200 });
    const [a, b] = [as('a', doors), as('b', doors)];
    const value = { at: new Date(5), bytes: new Uint8Array([1]), map: new Map([[1, new Set(['x'])]]) };
    await a.set('__proto__', value);
    expect(await a.get('__proto__')).toEqual(value);
    expect(await b.get('__proto__')).toBeUndefined();
    await a.set('two', 2);
    await a.set('two', 3);
    expect(await a.list()).toEqual(['__proto__', 'two']);
    expect(await a.list('t')).toEqual(['two']);
    expect(await a.list('', '__proto__')).toEqual(['two']);
    await expect(a.set('three', 1)).rejects.toMatchObject({ name: 'QuotaExceeded' });
    await expect(a.set('two', 'x'.repeat(500))).rejects.toMatchObject({ name: 'QuotaExceeded' });
    await b.set('x', 'y'.repeat(150));
    await expect(b.set('z', 'y'.repeat(190))).resolves.toBeUndefined();
    await expect(b.set('z', 'y'.repeat(195))).rejects.toMatchObject({ name: 'QuotaExceeded' });
    for (const key of ['', 5, 'x'.repeat(513), '\ud800', null])
      await expect(a.get(key)).rejects.toMatchObject({ name: 'BadKey' });
    expect([await a.delete('two'), await a.delete('two')]).toEqual([true, false]);
    await a.set('three', 1);
    expect(await a.get('three')).toBe(1);
    await store.close();
  });
});

it('a SQLite store has its keys when it is opened again', async () => {
  const path = join(folder, 'again.sqlite');
  const first = await sqliteKeyValueStore(path);
  await first.set('p', 'k', new Uint8Array([1, 2]), { keys: 1, bytes: 100 });
  await first.close();
  const second = await sqliteKeyValueStore(path);
  expect(await second.get('p', 'k')).toEqual(new Uint8Array([1, 2]));
  await second.close();
});

it('tools become functions of a name plugins can write, and two of one name are refused', () => {
  const group = tools([
    { name: 'get-weather', call: () => 1 },
    { name: '2fa', call: () => 2 },
  ]);
  expect(Object.keys(group)).toEqual(['get_weather', 'tool_2fa']);
  expect(() =>
    tools([
      { name: 'a-b', call: () => 1 },
      { name: 'a.b', call: () => 1 },
    ]),
  ).toThrow('both a_b');
});

it('types are written for both languages, whatever a schema says', () => {
  const files = functionTypes({
    add: (a: number, b: number) => a + b,
    crm: {
      find: {
        description: 'A customer. */ """',
        input: {
          type: 'object',
          properties: { id: { type: 'integer' }, 'odd key': { enum: ['a', 1, null] } },
          required: ['id'],
          additionalProperties: false,
        },
        output: { type: 'array', items: { anyOf: [{ type: 'string' }, { const: true }] } },
        call: () => [],
      },
      delete: { call: () => true, input: { type: 'string' } },
    },
  });
  expect(Object.keys(files)).toEqual(['host.d.ts', 'host/__init__.pyi', 'host/crm/__init__.pyi']);
  expect(files['host.d.ts']).toContain(
    'readonly find: HostFunction<[input: { readonly id: number; readonly "odd key"?: "a" | 1 | null }], readonly (string | true)[]>;',
  );
  expect(files['host.d.ts']).toContain("declare module 'host:crm' {");
  expect(files['host.d.ts']).toContain('export { f0 as delete };');
  expect(files['host.d.ts']).not.toContain('A customer. */');
  expect(files['host/crm/__init__.pyi']).toContain(
    'async def aio(self, input: dict[str, Any], /) -> list[str | Literal[True]]: ...',
  );
  expect(files['host/__init__.pyi']).toContain('from . import crm as crm');
});
