/** The playground in a real browser: from source and isolated, built and not isolated. */
import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import axe from 'axe-core';
import type { Browser, Locator, Page } from 'playwright';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { FLOWS } from '../../examples/workflows/index.ts';
import { runFlow } from '../../examples/workflows.ts';
import { firstProgramBytes } from '../../web/vite/budget.ts';
import { BUILT, launch, type Site, serveBuild, serveSource, type Visit, visit } from './playground-site.ts';

/** For people, as artefacts of a run of the tests: nothing compares them. */
const SHOTS = fileURLToPath(new URL('../../.cache/screenshots/', import.meta.url));

/** Example → what its status line says, and something of what the page shows of it. */
const SHOWN: Readonly<Record<string, readonly [RegExp, string]>> = {
  'enrich-csv': [/^Succeeded in/, 'Ada,ada@analytical.example,420,analytical.example,82,A'],
  orders: [/^Succeeded in/, '156557.25'],
  secret: [/^Succeeded in/, 'take an umbrella'],
  'image-filter': [/^Succeeded in/, '160 × 160, 25,608 bytes'],
  statistics: [/^Succeeded in/, 'they differ'],
  steal: [/^Denied after/, 'collector.example'],
  escape: [/^Succeeded in .* denied$/, 'changed only itself: the guest is thrown away'],
  'escape-python': [/^Succeeded in/, 'emscripten does not support processes'],
  endless: [/^TIMEOUT after/, 'TIMEOUT'],
  memory: [/^MEMORY_LIMIT after/, 'MEMORY_LIMIT'],
  inject: [/^Succeeded in .* 1 denied$/, 'never reached it'],
};

const PATIENT = { timeout: 90_000 };

let browser: Browser;
beforeAll(async () => {
  mkdirSync(SHOTS, { recursive: true });
  browser = await launch();
});
afterAll(() => browser.close());

const status = (page: Page): Locator => page.getByRole('status');

async function open(page: Page, name: string): Promise<void> {
  const examples = page.getByRole('button', { name: 'Examples' });
  if ((await examples.getAttribute('aria-expanded')) === 'false') await examples.click();
  await page.locator(`[data-example="${name}"]`).click();
  await page
    .getByRole('heading', { level: 1, name: FLOWS.find(flow => flow.name === name)?.title ?? '' })
    .waitFor();
}

/** Runs what is in the page now; answers the status. */
async function run(page: Page): Promise<string> {
  await page.getByRole('button', { name: 'Run', exact: true }).click();
  return settled(page);
}

async function settled(page: Page): Promise<string> {
  await page.locator('.status[data-phase="done"]').waitFor({ timeout: 150_000 });
  return (await status(page).textContent()) ?? '';
}

/** Replaces what an editor holds, by keyboard as a person would. */
async function write(page: Page, label: string, text: string): Promise<void> {
  const editor = page.getByRole('textbox', { name: label });
  await editor.press('Control+a');
  await page.keyboard.insertText(text);
}

/** Where something is when it has come to rest: what was added brings everything into view. */
async function resting(of: Locator): Promise<{ x: number; y: number; width: number; height: number }> {
  let before = '';
  for (;;) {
    const box = await of.boundingBox();
    if (box !== null && JSON.stringify(box) === before) return box;
    before = JSON.stringify(box);
    await of.page().waitForTimeout(250);
  }
}

async function add(page: Page, title: string): Promise<void> {
  await page.getByRole('button', { name: '+ Add node' }).click();
  await page
    .locator('.palette-list')
    .getByRole('button', { name: new RegExp(`^${title}`) })
    .click();
}

async function newWorkflow(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'File', exact: true }).click();
  await page.getByRole('menuitem', { name: 'New workflow' }).click();
}

/** What axe has against the page as it is. The page's own policy does not hold for the driver of the browser. */
async function complaints(page: Page): Promise<unknown> {
  return await page.evaluate(`(async () => {
    const module = { exports: {} };
    ${axe.source}
    const { violations } = await (window.axe ?? module.exports).run(document, { resultTypes: ['violations'] });
    return violations.map(({ id, nodes }) => [id, nodes.map(({ html, failureSummary }) => html.slice(0, 160) + ' ' + failureSummary)]);
  })()`);
}

it('the playground shows itself with at most 250 KB of JavaScript', async () => {
  const site = await serveBuild();
  await site.close();
  const bytes = firstProgramBytes(BUILT);
  expect(bytes).toBeGreaterThan(50_000);
  expect(bytes).toBeLessThanOrEqual(250_000);
});

describe.each([
  { name: 'from source, isolated', serve: serveSource, isolated: true },
  { name: 'built, not isolated', serve: serveBuild, isolated: false },
])('the playground $name', ({ serve, isolated }) => {
  let site: Site;
  let visited: Visit;
  let page: Page;

  beforeAll(async () => {
    site = await serve();
    visited = await visit(browser, site.url, { viewport: { width: 1440, height: 900 } });
    page = visited.page;
  }, 120_000);
  afterAll(async () => {
    await visited[Symbol.asyncDispose]();
    await site.close();
  });
  // One page for all: whatever a test did to it, the next one works.
  beforeEach(async () => {
    await page.locator('.node').first().waitFor();
    // After a test that failed in the middle of a run.
    if ((await status(page).getAttribute('data-state')) === 'running') await page.reload();
  });
  afterEach(() => expect(visited.faults.splice(0)).toEqual([]));

  it('begins with an example that a newcomer can run, and says why the call was denied', async () => {
    expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe('Send data away');
    expect(await run(page)).toMatch(/^Denied after/);
    const denial = page.locator('.drawer .denial');
    expect(await denial.textContent()).toContain('the plugin asked for collector.example');
    expect(await denial.textContent()).toContain('add "collector.example" to network.allow');
    expect(await page.locator('[data-node="plugin"]').textContent()).toContain('1 denied');
  });

  it.each(FLOWS)('runs the example $name', async ({ name }) => {
    await open(page, name);
    const said = await run(page);
    const [outcome, shown] = SHOWN[name] ?? [/never/, ''];
    expect(said).toMatch(outcome);
    await page.getByRole('tab', { name: 'Outcome' }).click();
    expect(await page.locator('.drawer').textContent()).toContain(shown);
    if (name.startsWith('escape')) expect(await page.locator('.drawer').textContent()).not.toContain('GOT');
  });

  it('gives the same data as the terminal', async () => {
    const { output } = await runFlow('orders', true);
    await open(page, 'orders');
    await run(page);
    const rows = page.getByRole('region', { name: 'Result of Report' }).locator('tbody tr');
    const shown = await rows.evaluateAll(list =>
      list.map(row => [...row.children].map(cell => cell.textContent)),
    );
    const wanted = (output['report'] as readonly Record<string, unknown>[]).map(row =>
      Object.values(row).map(String),
    );
    expect(shown).toEqual(wanted);
  });

  it('lets a workflow be built by hand: added, dragged, connected, typed and run', async () => {
    await newWorkflow(page);
    await page.locator('[data-node="start"]').click();
    await write(page, 'Input', '[{"n": 1}, {"n": 2}]');
    await page.getByRole('button', { name: 'Close', exact: true }).click();
    await add(page, 'Map');
    await write(page, 'Expression', '({ twice: item.n * 2 })');
    // By hand, from port to port.
    const from = await resting(page.locator('[data-node="start"] .react-flow__handle.source').first());
    const to = await resting(page.locator('[data-node="map"] .react-flow__handle.target'));
    await page.mouse.move(from.x + from.width / 2, from.y + from.height / 2);
    await page.mouse.down();
    await page.mouse.move(to.x - 30, to.y + 20, { steps: 4 });
    await page.mouse.move(to.x + to.width / 2, to.y + to.height / 2, { steps: 4 });
    await page.mouse.up();
    await page.locator('.react-flow__edge').waitFor({ state: 'attached' });
    // A chosen node gets what is added next behind it.
    await add(page, 'Plugin');
    await write(
      page,
      'Code of the plugin',
      'export default ({ twice }) => {\n  console.log("got", twice);\n  return { done: twice + 1 };\n};',
    );
    const before = await resting(page.locator('[data-node="plugin"]'));
    await page.mouse.move(before.x + 60, before.y + 12);
    await page.mouse.down();
    await page.mouse.move(before.x + 90, before.y + 90, { steps: 5 });
    await page.mouse.up();
    expect((await page.locator('[data-node="plugin"]').boundingBox())?.y).toBeGreaterThan(before.y + 30);
    expect(await run(page)).toMatch(/^Succeeded in/);
    expect(await page.locator('.items tbody td').allTextContents()).toEqual(['3', '5']);
    await page.getByRole('tab', { name: /^Log/ }).click();
    expect(await page.locator('.line .text').allTextContents()).toEqual(['got 2', 'got 4']);
    await page.getByRole('tab', { name: 'Outcome' }).click();
  });

  it('goes on after a reload with what was there', async () => {
    const kept = async (): Promise<string> =>
      await page.evaluate(() => localStorage.getItem('citadel-playground') ?? '');
    await expect.poll(kept, PATIENT).toContain('got');
    await page.reload();
    await page.locator('[data-node="plugin"]').waitFor();
    expect(await run(page)).toMatch(/^Succeeded in/);
    expect(await page.locator('.items tbody td').allTextContents()).toEqual(['3', '5']);
  });

  it('takes back and does again', async () => {
    await newWorkflow(page);
    await add(page, 'Collect');
    expect(await page.locator('.node').count()).toBe(2);
    await page.getByRole('button', { name: 'Undo' }).click();
    await page.getByRole('button', { name: 'Undo' }).click();
    expect(await page.locator('.node').count()).toBe(1);
    await page.getByRole('button', { name: 'Redo' }).click();
    expect(await page.locator('.node').count()).toBe(2);
    await page.locator('[data-node="collect"]').click();
    await page.keyboard.press('Delete');
    expect(await page.locator('.node').count()).toBe(1);
  });

  it('keeps drawing and stops a loop that never ends, wherever the keyboard is', async () => {
    await open(page, 'endless');
    await page.getByRole('tab', { name: 'Policy' }).click();
    await page.getByLabel('Time (s)').fill('25');
    await page.getByRole('tab', { name: 'Node', exact: true }).click();
    await page.getByRole('textbox', { name: 'Code of the plugin' }).press('Control+Enter');
    await page.getByRole('tab', { name: /^Log/ }).click();
    await page.locator('.line', { hasText: 'round and round' }).waitFor();
    // 60 frames of the page, while the guest never gives its thread back.
    await page.evaluate(
      () =>
        new Promise<void>(resolve => {
          let frames = 0;
          const draw = (): void => void (++frames === 60 ? resolve() : requestAnimationFrame(draw));
          requestAnimationFrame(draw);
        }),
    );
    expect(await page.getByRole('textbox', { name: 'Code of the plugin' }).textContent()).not.toContain(
      '\n\n\n',
    );
    await page.getByRole('button', { name: 'Stop', exact: true }).click();
    expect(await settled(page)).toMatch(/^Stopped after/);
    await page.locator('.isolation summary').click();
    expect(await page.locator('.isolation').textContent()).toContain(
      isolated ? 'Cross-origin isolated' : 'Not cross-origin isolated',
    );
    await page.locator('.isolation summary').click();
    await page.getByRole('tab', { name: 'Outcome' }).click();
    await open(page, 'enrich-csv');
    expect(await run(page)).toMatch(/^Succeeded in/);
  });

  it('goes step by step', async () => {
    await open(page, 'enrich-csv');
    await page.getByRole('button', { name: 'Step', exact: true }).click();
    await expect.poll(() => status(page).textContent(), PATIENT).toBe('Next: Leads');
    await page.getByRole('button', { name: 'Step', exact: true }).click();
    await expect.poll(() => status(page).textContent(), PATIENT).toBe('Next: Read the CSV');
    expect(await page.locator('[data-node="start"]').getAttribute('data-status')).toBe('success');
    await page.getByRole('button', { name: 'Stop', exact: true }).click();
    expect(await settled(page)).toMatch(/^Stopped after/);
  });

  it('says at once what a changed policy allows, and marks code that would fail', async () => {
    await open(page, 'steal');
    await page.locator('.problems', { hasText: 'every fetch() will be refused' }).waitFor();
    await page.getByRole('tab', { name: 'Policy' }).click();
    const may = page.getByRole('list', { name: 'What a plugin under this policy may do' });
    expect(await may.textContent()).toContain('reaches no network');
    await page.getByRole('button', { name: 'Give this node a policy of its own' }).click();
    await page.getByLabel('Hosts it may ask').fill('collector.example');
    expect(await may.textContent()).toContain('may ask collector.example');
    expect(await page.locator('.policy').textContent()).toContain('The policy plugin belongs to');
    await write(page, 'Policy', '{ "netwrok": {} }');
    await page.locator('.policy .field-error', { hasText: 'netwrok' }).waitFor();
    expect(await run(page)).toMatch(/^Not run: POLICY_INVALID/);
    await page.getByRole('tab', { name: 'Node', exact: true }).click();
    await open(page, 'steal');
    await write(page, 'Code of the plugin', 'export default (= 1');
    await page.locator('.problems .error').waitFor();
    await expect.poll(() => status(page).textContent(), PATIENT).toBe('One problem to correct');
  });

  it('completes what a plugin finds', async () => {
    await open(page, 'steal');
    await write(page, 'Code of the plugin', '');
    await page.keyboard.type('inp');
    await page.locator('.cm-tooltip-autocomplete', { hasText: 'input' }).waitFor();
    await page.keyboard.press('Escape');
  });

  it('is shared as a link that holds all of it, and no secret', async () => {
    await open(page, 'secret');
    await page.getByRole('button', { name: 'File', exact: true }).click();
    await page.getByRole('menuitem', { name: 'Copy a link' }).click();
    await expect.poll(() => page.url(), PATIENT).toContain('#w=');
    await using other = await visit(browser, page.url());
    await other.page.locator('[data-node="plugin"]').waitFor();
    expect(await other.page.getByRole('heading', { level: 1 }).textContent()).toBe(
      'Call an API with a secret',
    );
    await other.page.getByRole('tab', { name: 'Policy' }).click();
    expect(await other.page.getByLabel(/^Value of TOKEN/).inputValue()).toBe('');
    expect(other.faults).toEqual([]);
    await page.getByRole('alert').getByRole('button', { name: 'Close' }).click();
    await page.evaluate(() => history.replaceState(null, '', location.pathname));
  });

  it('exports and imports a workflow, and says what a wrong file is', async () => {
    await open(page, 'inject');
    await page.getByRole('button', { name: 'File', exact: true }).click();
    const [file] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('menuitem', { name: 'Export' }).click(),
    ]);
    const path = await file.path();
    await newWorkflow(page);
    const choose = page.getByLabel('File of a workflow');
    await choose.setInputFiles({ name: 'x.json', mimeType: 'application/json', buffer: Buffer.from('[1]') });
    await page.getByRole('alert').getByText('this has no nodes and edges').waitFor();
    await page.getByRole('alert').getByRole('button', { name: 'Close' }).click();
    await choose.setInputFiles(path);
    await page.getByRole('heading', { level: 1, name: 'Inject SQL' }).waitFor();
    expect(await run(page)).toMatch(/1 denied$/);
  });

  it.each(['light', 'dark'] as const)(
    'has nothing axe complains of, %s, at a desk and on a phone',
    async colorScheme => {
      for (const [where, viewport] of [
        ['desk', { width: 1440, height: 900 }],
        ['phone', { width: 390, height: 844 }],
      ] as const) {
        await using own = await visit(browser, site.url, { viewport, colorScheme, bypassCSP: true });
        const shot = (name: string): Promise<unknown> =>
          own.page.screenshot({
            path: `${SHOTS}${where}-${colorScheme}-${name}.png`,
            fullPage: where === 'phone',
          });
        await own.page.getByRole('textbox', { name: 'Code of the plugin' }).waitFor();
        await shot('first');
        await run(own.page);
        await own.page.getByRole('tab', { name: /^Result/ }).click();
        expect(await complaints(own.page)).toEqual([]);
        await shot('denied');
        await open(own.page, 'orders');
        await run(own.page);
        await own.page.getByRole('tab', { name: 'Timeline' }).click();
        await own.page.getByRole('tab', { name: 'Policy' }).click();
        expect(await complaints(own.page)).toEqual([]);
        await shot('orders');
        // No width scrolls sideways.
        expect(await own.page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true);
      }
    },
  );
});
