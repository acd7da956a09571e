import { writeFileSync } from 'node:fs';
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

describe.each(['/', '/isolated'])('hostile JavaScript in the place of the engine, host page %s', path => {
  it('gets through everywhere without a cell, so that the probes prove something', async () => {
    const control = await breach(path, 'plain', { program: '/probes.js', shell: '/shell-unscrubbed.js' });
    if (process.env['SHOW']) writeFileSync('/tmp/b-PLAIN.json', JSON.stringify(control));
    expect(control.dead).toEqual(
      expect.arrayContaining(['IndexedDB', 'Cache', 'private file system', 'BroadcastChannel']),
    );
    expect(control.connections).toBeGreaterThan(0);
  }, 60_000);

  it('is held by frame and policy alone, without the scrub', async () => {
    const partly = await breach(path, 'attack', { program: '/probes.js', shell: '/shell-unscrubbed.js' });
    if (process.env['SHOW']) writeFileSync('/tmp/b-PARTLY.json', JSON.stringify(partly));
    expect(partly.hits).toEqual([]);
    expect(partly.connections).toBe(0);
    expect(partly.dead).toEqual([]);
  }, 60_000);

  it('has nothing left in a cell', async () => {
    const full = await breach(path, 'attack', { program: '/probes.js' });
    if (process.env['SHOW']) writeFileSync('/tmp/b-FULL.json', JSON.stringify(full));
    expect(full.hits).toEqual([]);
    expect(full.connections).toBe(0);
    expect(full.dead).toEqual([]);
    expect(through(full)).toEqual([]);
    expect(full.rows.find(([kind]) => kind === 'walk')?.[2]).toBe('');
  }, 60_000);
});
