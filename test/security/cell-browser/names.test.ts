/** What the browser's own network log says: a name that is looked up has left, whatever happens to the request. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Stage as PageStage } from './page.ts';
import { startStage } from './stage.ts';

declare const stage: PageStage;

/** Reserved: no resolver knows it, and every resolver may be asked. */
const DOMAIN = 'citadel.invalid';

/** Names below DOMAIN that the network part of the browser has heard of. */
async function namesOf(where: 'attack' | 'plain', shell: string): Promise<string[]> {
  const folder = await mkdtemp(join(tmpdir(), 'citadel-names-'));
  const log = join(folder, 'net.json');
  try {
    const set = await startStage([`--log-net-log=${log}`, '--net-log-capture-mode=Everything']);
    try {
      const page = await set.open();
      const code = JSON.stringify({
        same: `http://same.${DOMAIN}`,
        cross: `http://cross.${DOMAIN}`,
        wire: `ws://wire.${DOMAIN}`,
        datagrams: `https://datagrams.${DOMAIN}/`,
      });
      const setup = { program: '/probes.js', shell };
      const { outcome } = await page.evaluate(({ where, setup, code }) => stage[where](setup, code), {
        where,
        setup,
        code,
      });
      expect(outcome).toBe('answer');
    } finally {
      await set[Symbol.asyncDispose]();
    }
    const names = (await readFile(log, 'utf8')).matchAll(/\b(\w+)\.citadel\.invalid/g);
    return [...new Set([...names].map(match => match[1] as string))].sort();
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

describe('names that an attacker puts into addresses', () => {
  it('are looked up for a plain worker, so that the log proves something', async () => {
    expect(await namesOf('plain', '/shell-unscrubbed.js')).toEqual(['cross', 'datagrams', 'same', 'wire']);
  }, 60_000);

  it.each([
    ['a cell', '/shell.js'],
    ['frame and policy alone', '/shell-unscrubbed.js'],
  ])(
    'are never heard of outside: %s',
    async (_name, shell) => {
      expect(await namesOf('attack', shell)).toEqual([]);
    },
    60_000,
  );
});
