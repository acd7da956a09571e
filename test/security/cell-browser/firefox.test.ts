/** The same cell in Firefox: another engine's globals, another engine's frames. */
import puppeteer, { type Browser } from 'puppeteer-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { findFirefox } from '../../../scripts/browser.ts';
import type { Stage as PageStage } from './page.ts';
import { type Stage, startStage } from './stage.ts';

declare const stage: PageStage;

/** FIREFOX_PATH names one that is elsewhere. */
const executablePath = findFirefox();

describe('a cell in Firefox', () => {
  let set: Stage;
  let firefox: Browser;
  beforeEach(({ skip }) => skip(executablePath === null, 'no Firefox is installed'));
  beforeAll(async () => {
    if (executablePath === null) return;
    set = await startStage();
    firefox = await puppeteer.launch({ browser: 'firefox', executablePath });
  }, 120_000);
  afterAll(async () => {
    if (executablePath === null) return;
    await firefox.close();
    await set[Symbol.asyncDispose]();
  });

  it.each([
    ['/', true],
    ['/isolated', false],
  ])(
    'runs the engine, holds the attacker and stops a busy guest, host page %s',
    async (path, terminated) => {
      const page = await firefox.newPage();
      await page.goto(set.servers.same + path);
      await page.waitForFunction('globalThis.stage !== undefined');
      const { same, cross, wire, datagrams } = set.servers;
      set.servers.takeHits();
      set.servers.takeConnections();
      const seen = await page.evaluate(async code => {
        const engine = stage.makeSandbox(null);
        const sum = await engine.run({ runtime: 'javascript', code: 'return 1 + 1' });
        await engine.close();
        await stage.setCanaries();
        const { text } = await stage.attack({ program: '/probes.js' }, code);
        const dead = await stage.deadCanaries();
        const sandbox = stage.makeSandbox(
          { program: '/obedient.js' },
          { policy: { limits: { timeoutMs: 300 } } },
        );
        const { report } = await sandbox.run({ runtime: 'javascript', code: 'polite 600000' });
        await sandbox.close();
        return { sum: sum.success ? sum.data : sum.error.message, text, dead, terminated: report.terminated };
      }, JSON.stringify({ same, cross, wire, datagrams }));
      expect(seen).toMatchObject({ sum: 2, dead: [], terminated });
      const rows = JSON.parse(seen.text) as [string, string, string][];
      const open = rows.filter(
        ([kind, , outcome]) => outcome === 'pending' || (kind === 'power' && outcome.startsWith('value')),
      );
      expect(open).toEqual([]);
      expect(rows.find(([kind]) => kind === 'walk')?.[2]).toBe('');
      expect(set.servers.takeHits()).toEqual([]);
      expect(set.servers.takeConnections()).toBe(0);
    },
    60_000,
  );
});
