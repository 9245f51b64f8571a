import t from 'tap';
import { testBrowser } from '../support/browser.js';
import { skipWithoutChromium } from '../support/system-parts.js';
import { livePage } from './live-page.js';
import { watchedPage } from './watched-page.js';

t.test('live pages', { skip: skipWithoutChromium() }, async (t) => {
  const { site, scenario, page, complaints, tenantId, record } = await livePage(t, () => 'operations');
  const { persons } = scenario.tenant;
  const browser = await testBrowser(t);

  await t.test('live updates keep the focus, and new rows move no other rows', async (t) => {
    const focused = () => page.evaluate(() => document.activeElement?.closest('tr')?.id);
    const top = () => page.locator('tbody tr').first().boundingBox();
    await page.keyboard.press('j');
    await page.keyboard.press('j');
    const row = await focused();
    t.ok(row);
    const before = await top();

    await record('Wi-Fi');
    await page.locator(`#${row}`, { hasText: '5 of 10' }).waitFor();
    t.equal(await focused(), row, 'the row that was swapped keeps the focus');
    await site.builder.queue(tenantId, 'a'.repeat(32), { title: 'Inventory that comes later' });
    await page.locator('[data-new]').waitFor();
    t.same(await top(), before, 'the bar of new rows moves no row');
    await page.locator('#announcer', { hasText: '1 new operation' }).waitFor({ state: 'attached' });

    await page.keyboard.press('j');
    await page.keyboard.press('k');
    t.equal(await focused(), row, 'and the keys go on from there');
    t.same(complaints, []);
  });

  await t.test('the end of a run is announced to screen readers', async (t) => {
    await page.goto(`/t/contoso/runs/${scenario.running}`);
    await page.locator('[data-state="live"]').waitFor();
    await site.builder.toRun(tenantId, scenario.running, {
      type: 'RunFailed',
      data: {
        reasonCode: 'unexpected',
        reason: 'The worker gave up.',
        counts: { total: 10, processed: 5, succeeded: 5, failed: 0, skipped: 0 },
      },
    });
    const said = page.locator('#announcer', { hasText: /Inventory of Windows policies\s+Failed/ });
    await said.waitFor({ state: 'attached' });
    t.pass('with the name and the state of the run');
  });

  await t.test('a run that is recorded but not shown yet appears by itself', async (t) => {
    await page.goto('/t/contoso/inventory');
    await site.projector.stop();
    await page.getByRole('button', { name: 'Start an inventory' }).click();
    await page.getByRole('heading', { name: 'Recorded' }).waitFor();
    const answer = await page.reload();
    t.equal(answer?.status(), 202, 'and is never said to be missing');
    t.match(await page.locator('main').textContent(), /shown here in a moment/);
    site.projector.start();
    await page.getByRole('heading', { name: 'Inventory of all policies' }).waitFor();
    t.match(page.url(), /\/runs\/[0-9a-f]{32}-\d+/);
  });

  await t.test('a page says that its reader has signed out, and stops asking', async (t) => {
    const { page: left } = await watchedPage(browser, site, persons.readonly);
    await left.goto('/t/contoso/operations');
    await left.locator('[data-state="live"]').waitFor();
    const other = await left.context().newPage();
    const asked: number[] = [];
    await other.goto('/t/contoso/operations');
    await other.locator('.person-menu summary').click();
    await page.goto('about:blank');
    site.app.server.on('request', ({ url }, response) => {
      if (url === '/live') response.on('finish', () => asked.push(response.statusCode));
    });
    await other.getByRole('button', { name: 'Sign out' }).click();
    await other.waitForURL('**/signin*');
    await left.getByText('signed out: load the page again to sign in').first().waitFor();
    t.ok(await left.locator('[data-pause]').isHidden(), 'and nothing to pause');
    t.ok(asked.length > 0 && asked.every((status) => status === 401), `asked once more: ${asked.join()}`);
    await left.context().close();
  });

  await t.test('a page says that its server is away', async (t) => {
    await page.goto('/t/contoso/operations');
    await page.locator('[data-state="live"]').waitFor();
    await site.app.close();
    await page.locator('[data-state="reconnecting"]').waitFor();
    t.match(await page.locator('[data-live-controls]').getAttribute('class'), /strip-late/);
    t.ok(await page.locator('tbody tr').first().isVisible(), 'what was read is still there');
  });
});
