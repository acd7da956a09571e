/** The editor in an app that is not the playground. */
import { expect, it } from 'vitest';
import { launch, serveEmbed, visit } from './playground-site.ts';

it('the editor runs in another app, which hears of each change', async () => {
  const site = await serveEmbed();
  const browser = await launch();
  try {
    await using visited = await visit(browser, site.url);
    const { page, faults } = visited;
    await page.locator('[data-node="greet"]').waitFor();
    expect(await page.getByRole('button', { name: 'Examples' }).count()).toBe(0);
    await page.getByRole('button', { name: 'Run', exact: true }).click();
    await page.locator('.status[data-phase="done"]').waitFor();
    expect(await page.locator('.drawer .value').textContent()).toBe('Hello Ada\nHello Grace');
    await page.getByRole('button', { name: '+ Add node' }).click();
    await page
      .locator('.palette-list')
      .getByRole('button', { name: /^Collect/ })
      .click();
    await page.getByText('Changed: 3 nodes').waitFor();
    expect(faults).toEqual([]);
  } finally {
    await browser.close();
    await site.close();
  }
});
