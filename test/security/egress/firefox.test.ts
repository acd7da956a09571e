/** The controller over Firefox's fetch. */
import { fileURLToPath } from 'node:url';
import puppeteer, { type Browser } from 'puppeteer-core';
import { rolldown } from 'rolldown';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { findFirefox } from '../../../scripts/browser.ts';
import type { PageAnswer, PageRequest, RequestFrom } from './fixtures/page.ts';
import { origin } from './world.ts';

declare const requestFrom: RequestFrom;

const executablePath = findFirefox();

describe('a page in Firefox', () => {
  let browser: Browser | undefined;
  let script: string;
  beforeAll(async () => {
    if (executablePath === null) return;
    const input = fileURLToPath(new URL('fixtures/page.ts', import.meta.url));
    const build = await rolldown({ input, platform: 'browser' });
    const { output } = await build.generate({ format: 'iife' });
    await build.close();
    script = output[0].code;
    browser = await puppeteer.launch({ browser: 'firefox', executablePath });
  }, 120_000);
  afterAll(() => browser?.close());

  test('sends nothing of its own, follows no redirect, and cuts at the limit', async ({ skip }) => {
    if (browser === undefined) return skip('no Firefox is installed');
    const host = await origin((_, response) => {
      response.writeHead(200, { 'Content-Type': 'text/html' });
      response.end(`<!doctype html><script>${script.replaceAll('</script', '<\\/script')}</script>`);
    });
    const server = await origin((request, response) => {
      response.setHeader('Access-Control-Allow-Origin', '*');
      response.setHeader('Set-Cookie', 'planted=1');
      if (request.url === '/go') response.writeHead(302, { Location: '/landed' }).end();
      else response.end(Buffer.alloc(request.url === '/large' ? 1_000_000 : 5, 'x'));
    });
    const page = await browser.newPage();
    onTestFinished(() => page.close());
    await page.goto(`http://localhost:${host.port}/page`);
    const network = {
      allow: [{ host: 'localhost', ports: [server.port] }],
      limits: { downloadBytes: 500_000 },
    };
    const ask = (path: string, given: Partial<PageRequest> = {}): Promise<PageAnswer> =>
      page.evaluate(request => requestFrom(request), {
        network,
        url: `http://localhost:${server.port}${path}`,
        ...given,
      });
    // Twice: the first one plants a cookie.
    for (let i = 0; i < 2; i++) expect(await ask('/')).toMatchObject({ text: 'xxxxx', end: 'end' });
    for (const { headers } of server.hits) {
      expect(headers).not.toHaveProperty('cookie');
      expect(headers).not.toHaveProperty('referer');
    }
    expect(await ask('/go')).toMatchObject({ kind: 'failed' });
    expect(server.hits.map(({ url }) => url)).not.toContain('/landed');
    expect(await ask('/large')).toMatchObject({ end: 'limit', records: [{ outcome: 'cut' }] });
    expect(await ask('/', { network: { ...network, dnsPinned: true } })).toMatchObject({
      error: 'UNENFORCEABLE',
    });
  });
});
