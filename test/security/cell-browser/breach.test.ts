import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Attack, Stage as PageStage, Setup } from './page.ts';
import { type Stage, startStage } from './stage.ts';

declare const stage: PageStage;

let set: Stage;
beforeAll(async () => {
  set = await startStage();
}, 120_000);
afterAll(async () => {
  await set[Symbol.asyncDispose]();
});

type Row = readonly [kind: 'network' | 'power' | 'walk' | 'names', id: string, outcome: string];
interface Breach {
  readonly rows: readonly Row[];
  readonly hits: readonly string[];
  readonly connections: number;
  readonly dead: readonly string[];
}

async function breach(path: string, where: 'attack' | 'plain', setup: Setup): Promise<Breach> {
  const page = await set.open(path);
  set.servers.takeHits();
  set.servers.takeConnections();
  const { same, cross, wire, datagrams } = set.servers;
  const { result, dead } = await page.evaluate(
    async ({ where, setup, code }) => {
      await stage.setCanaries();
      const result: Attack = await stage[where](setup, code);
      const dead = await stage.deadCanaries();
      return { result, dead };
    },
    { where, setup, code: JSON.stringify({ same, cross, wire, datagrams }) },
  );
  expect(result.outcome, result.text).toBe('answer');
  // Requests that were on their way when the cell ended still arrive.
  await page.waitForTimeout(500);
  await page.context().close();
  return {
    rows: JSON.parse(result.text) as Row[],
    hits: set.servers.takeHits(),
    connections: set.servers.takeConnections(),
    dead,
  };
}

/** Probes that got through: a network probe by its hit, the others by their answer. */
const through = ({ rows, hits }: Breach): string[] =>
  rows
    .filter(([kind, id, outcome]) =>
      kind === 'network' ? hits.includes(id) : kind === 'power' && outcome.startsWith('value'),
    )
    .map(([, id]) => id);

/** Columns of the table in docs/cell-browser.md: what is said to get through where. */
async function documented(): Promise<Record<'probes' | 'plain' | 'frame' | 'cell', string[]>> {
  const text = await readFile(new URL('../../../docs/cell-browser.md', import.meta.url), 'utf8');
  const rows = [...text.matchAll(/^\| (.+?) +\| (open|-) +\| (open|-) +\| (open|-) +\|$/gm)];
  const column = (at: number): string[] =>
    rows.filter(row => row[at] === 'open').map(row => row[1] as string);
  return { probes: rows.map(row => row[1] as string), plain: column(2), frame: column(3), cell: column(4) };
}

describe.each(['/', '/isolated'])('hostile JavaScript in the place of the engine, host page %s', path => {
  it('gets through in a plain worker, so that the probes prove something', async () => {
    const plain = await breach(path, 'plain', { program: '/probes.js', shell: '/shell-unscrubbed.js' });
    const table = await documented();
    const ids = plain.rows.filter(([kind]) => kind === 'network' || kind === 'power').map(([, id]) => id);
    expect(table.probes).toEqual(ids);
    expect(through(plain)).toEqual(expect.arrayContaining(table.plain));
    expect(plain.dead).toEqual(
      expect.arrayContaining(['IndexedDB', 'Cache', 'private file system', 'BroadcastChannel']),
    );
    expect(plain.connections).toBeGreaterThan(0);
  }, 60_000);

  it('reaches no server and no canary through frame and policy alone, without the scrub', async () => {
    const framed = await breach(path, 'attack', { program: '/probes.js', shell: '/shell-unscrubbed.js' });
    expect(framed).toMatchObject({ hits: [], connections: 0, dead: [] });
    // Names that exist but lead nowhere are what the scrub is for; the table says which.
    expect(through(framed)).toEqual((await documented()).frame);
  }, 60_000);

  it('has nothing left in a cell', async () => {
    const full = await breach(path, 'attack', { program: '/probes.js' });
    expect(full).toMatchObject({ hits: [], connections: 0, dead: [] });
    expect(through(full)).toEqual((await documented()).cell);
    // A power probe says nothing only if it could not find what it looked for, not because it never ended.
    expect(full.rows.filter(([, , outcome]) => outcome === 'pending')).toEqual([]);
    expect(full.rows.find(([kind]) => kind === 'walk')?.[2]).toBe('');
  }, 60_000);
});
