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

describe('an attacker who changes the intrinsics under the shell', () => {
  it('gets hold of no port, no event and no function of the browser', async () => {
    const page = await set.open('/isolated');
    const answers = await page.evaluate(async () => {
      const answers: string[] = [];
      await new Promise<void>(resolve => {
        const run = (id: number, code: string) =>
          ({ type: 'run', id, code, job: '{}', input: new Uint8Array(20_000) }) as const;
        const cell = stage.spawnCell(
          'quickjs',
          {
            message(data) {
              const bytes = data as Uint8Array;
              // The program's answers are text; frames of the shell begin with a small number.
              const kind = bytes[0] as number;
              if (kind >= 32) answers.push(new TextDecoder().decode(bytes));
              else if (kind !== 1) {
                answers.push(`frame ${kind}`);
                return;
              }
              if (answers.length === 0) cell.post([run(1, 'poison')]);
              else if (answers.filter(text => text.startsWith('true')).length < 3) {
                // Everything the shell knows to do, with the hooks in place.
                cell.post([
                  run(2, 'look'),
                  run(3, 'look'),
                  { type: 'cancel', id: 3 },
                  { type: 'ping', id: 4 },
                ]);
              } else {
                cell.terminate();
                resolve();
              }
            },
            exit: reason => {
              answers.push(reason);
              resolve();
            },
          },
          stage.loader({ program: '/poison.js' }),
        );
      });
      return answers;
    });
    // Hooks were placed, the shell's code ran into some of them, and none of them saw an object of the browser.
    expect(answers.filter(text => text.startsWith('true')).slice(1)).toEqual(Array(2).fill('true true []'));
    // WITHDRAWN and PONG: the shell still did its work.
    expect(answers).toEqual(expect.arrayContaining(['frame 3', 'frame 2']));
    await page.context().close();
  }, 30_000);
});

describe('an attacker who makes the shell say something else than bytes', () => {
  it.each([
    // With these two it passes for a small frame of the shell's own making.
    ['a graph of objects', '{ buffer: new ArrayBuffer(64), length: 1, graph: new Map([[{}, [1, 2, 3]]]) }'],
    ['another kind of view', 'new Float64Array(8)'],
    ['a small view of a large buffer', 'new Bytes(new ArrayBuffer(1 << 20), 0, 9)'],
    [
      'shared memory',
      'new Bytes(new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true }).buffer, 0, 9)',
    ],
    ['more than any limit allows', 'new Bytes(257 * 1024 * 1024)'],
  ])(
    'ends the cell, and the host never unpacks it: %s',
    async (_name, value) => {
      // The copies of answers are made with whatever constructor has that name by now.
      const body = `var citadelProgram = { createProgram() {
        const Bytes = Uint8Array;
        return { asset: (n, b) => new Bytes(b), boot: () => '', control: () => null, inbox: b => new Bytes(b),
          begin() { globalThis.Uint8Array = function () { return ${value}; }; },
          step: () => -1, cancel() {}, pending: () => 1, take: () => new Bytes([7]) };
      } };`;
      set.files.set('/speaker.js', { type: 'text/javascript', body });
      const page = await set.open('/isolated');
      const answer = await page.evaluate(() => stage.attack({ program: '/speaker.js' }, ''));
      await page.context().close();
      expect(answer).toEqual({ outcome: 'exit', text: 'error in the cell' });
    },
    30_000,
  );

  it('has its live frames copied into bytes of their own size', async () => {
    const body = `var citadelProgram = { createProgram: ({ live }) => ({
      asset: (n, b) => new Uint8Array(b), boot: () => '', control: () => null, inbox: b => new Uint8Array(b),
      begin() {}, step() { live(new Uint8Array(new ArrayBuffer(1 << 20), 5, 3)); return 1000; },
      cancel() {}, pending: () => 0, take: () => new Uint8Array(0) }) };`;
    set.files.set('/small-view.js', { type: 'text/javascript', body });
    const page = await set.open('/');
    const size = await page.evaluate(
      () =>
        new Promise<number>(resolve => {
          const cell = stage.spawnCell(
            'quickjs',
            {
              message(data) {
                const bytes = data as Uint8Array;
                if (bytes.length === 3) resolve(bytes.buffer.byteLength);
                else cell.post([{ type: 'run', id: 1, code: '', job: '{}', input: new Uint8Array(0) }]);
              },
              exit: () => resolve(-1),
            },
            stage.loader({ program: '/small-view.js' }),
          );
        }),
    );
    await page.context().close();
    expect(size).toBe(3);
  }, 30_000);
});
