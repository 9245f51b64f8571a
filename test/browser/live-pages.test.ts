import t from 'tap';
import { testBrowser } from '../support/browser.js';
import { itemOf, writeScenario } from '../support/hub-scenario.js';
import { hubSite } from '../support/hub-site.js';
import { skipWithoutChromium } from '../support/system-parts.js';
import { watchedPage } from './watched-page.js';

const skip = skipWithoutChromium();

async function livePage(
  t: { teardown(end: () => Promise<void>): void },
  path: (scenario: Awaited<ReturnType<typeof writeScenario>>) => string,
) {
  const site = await hubSite(t);
  const scenario = await writeScenario(site, 'contoso', 'Contoso');
  await site.app.listen({ host: '127.0.0.1', port: 0 });
  const { page, complaints } = await watchedPage(
    await testBrowser(t),
    site,
    scenario.tenant.persons.operator,
  );
  await page.goto(`/t/contoso/${path(scenario)}`);
  await page.locator('[data-state="live"]').waitFor();
  const { tenantId } = scenario.tenant;
  /** An item of the running run, which changes its row and its page. */
  const record = (name: string) =>
    site.builder.toRun(tenantId, scenario.running, {
      type: 'RunItemsRecorded',
      data: { items: [itemOf(name, 'succeeded')] },
    });
  return { site, scenario, page, complaints, tenantId, record };
}

t.test('updates take the keyboard from nobody, and new rows move none', { skip }, async (t) => {
  const { site, page, complaints, tenantId, record } = await livePage(t, () => 'operations');
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

t.test('the end of a run is told aloud', { skip }, async (t) => {
  const { site, scenario, page, tenantId } = await livePage(t, ({ running }) => `runs/${running}`);
  await site.builder.toRun(tenantId, scenario.running, {
    type: 'RunFailed',
    data: {
      reasonCode: 'unexpected',
      reason: 'The worker gave up.',
      counts: { total: 10, processed: 4, succeeded: 4, failed: 0, skipped: 0 },
    },
  });
  const said = page.locator('#announcer', { hasText: /Inventory of Windows policies\s+Failed/ });
  await said.waitFor({ state: 'attached' });
  t.pass('with the name and the state of the run');
});

t.test('a page of somebody who has signed out says so and asks no more', { skip }, async (t) => {
  const { page } = await livePage(t, () => 'operations');
  const other = await page.context().newPage();
  const asked: number[] = [];
  page.on('response', (response) => asked.push(response.status()));
  await other.goto('/t/contoso/operations');
  await other.locator('.person-menu summary').click();
  await other.getByRole('button', { name: 'Sign out' }).click();
  await other.waitForURL('**/signin*');
  await page.getByText('signed out: load the page again to sign in').first().waitFor();
  t.equal(await page.locator('#live').count(), 0, 'there is no stream any more');
  t.ok(await page.locator('[data-pause]').isHidden(), 'and nothing to pause');
  t.same(asked, [401], 'it asked once');
});

t.test('a page says that its server is away', { skip }, async (t) => {
  const { site, page } = await livePage(t, () => 'operations');
  await site.app.close();
  await page.locator('[data-state="reconnecting"]').waitFor();
  t.match(await page.locator('[data-live-controls]').getAttribute('class'), /strip-late/);
  t.ok(await page.locator('tbody tr').first().isVisible(), 'what was read is still there');
});

t.test('a run that is recorded but not shown yet comes by itself', { skip }, async (t) => {
  const { site, page } = await livePage(t, () => 'inventory');
  await site.projector.stop();
  await page.getByRole('button', { name: 'Start an inventory' }).click();
  await page.getByRole('heading', { name: 'Recorded' }).waitFor();
  const answer = await page.reload();
  t.equal(answer?.status(), 202, 'and is never said to be missing');
  t.match(await page.locator('main').textContent(), /looks again every two seconds/);
  site.projector.start();
  await page.getByRole('heading', { name: 'Inventory of all policies' }).waitFor();
  t.match(page.url(), /\/runs\/[0-9a-f]{32}-\d+/);
});
