/** A process that is killed while it changes the store leaves it as it was before, or as it was to be. */
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { createPluginManager } from '../../../src/plugins.ts';
import { directoryStore } from '../../../src/plugins-node.ts';

const CHILD = fileURLToPath(new URL('killed-child.ts', import.meta.url));
const KILLS = 40;

const directory = mkdtempSync(join(tmpdir(), 'citadel-killed-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** Starts the child and kills it `delayMs` after it began; what it said. */
async function killed(first: number, delayMs: number): Promise<string[]> {
  const child = spawn(process.execPath, ['--conditions=citadel-source', CHILD, directory, String(first)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines: string[] = [];
  for await (const line of createInterface(child.stdout)) {
    lines.push(line);
    if (line === 'ready') setTimeout(() => child.kill('SIGKILL'), delayMs);
  }
  return lines;
}

/** What is installed: a version, or 0. It runs, too: the package is whole. */
async function installed(): Promise<number> {
  await using plugins = createPluginManager({
    store: await directoryStore(directory),
    signature: { required: false },
  });
  const [plugin] = await plugins.list();
  if (plugin === undefined) return 0;
  const result = await plugins.execute('victim');
  if (!result.success) throw result.error;
  expect(`${result.data}.0.0`).toBe(plugin.version);
  return Number(plugin.version.split('.')[0]);
}

test('killed at any point, forty times', async () => {
  let next = 1;
  let before = 0;
  const cut = { during: 0, between: 0 };
  for (let i = 0; i < KILLS; i++) {
    // Spread over the time that some changes take; where in a change it hits is chance.
    const lines = await killed(next, Math.random() * 60);
    let done = before;
    let started: number | null = null;
    for (const line of lines) {
      const [word, number = '0'] = line.split(' ');
      const state = Math.max(0, Number(number));
      if (word === 'start') started = state;
      if (word === 'done') [done, started] = [state, null];
      if (word === 'start' || word === 'done') next = Math.max(next, Math.abs(Number(number)) + 1);
    }
    const found = await installed();
    expect(started === null ? [done] : [done, started]).toContain(found);
    cut[started === null ? 'between' : 'during']++;
    before = found;
  }
  // A loop that never hit a change would have shown nothing.
  expect(cut.during).toBeGreaterThan(5);
  const leftovers = readdirSync(directory, { recursive: true }).filter(name =>
    String(name).includes('.tmp-'),
  );
  expect(leftovers).toEqual([]);
}, 180_000);
