import type { Page } from 'playwright-core';
import t from 'tap';
import { systemClock } from '../../src/clock.js';
import { testBrowser } from '../support/browser.js';
import { itemOf, writeScenario } from '../support/hub-scenario.js';
import { type HubSite, hubSite } from '../support/hub-site.js';
import { skipWithoutChromium } from '../support/system-parts.js';
import { startTcpProxy } from '../support/tcp-proxy.js';
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
  const { site, page } = await livePage(t, () => 'operations');
  const other = await page.context().newPage();
  const asked: number[] = [];
  await other.goto('/t/contoso/operations');
  await other.locator('.person-menu summary').click();
  site.app.server.on('request', ({ url }, response) => {
    if (url === '/live') response.on('finish', () => asked.push(response.statusCode));
  });
  await other.getByRole('button', { name: 'Sign out' }).click();
  await other.waitForURL('**/signin*');
  await page.getByText('signed out: load the page again to sign in').first().waitFor();
  t.ok(await page.locator('[data-pause]').isHidden(), 'and nothing to pause');
  t.ok(asked.length > 0 && asked.every((status) => status === 401), `asked once more: ${asked.join()}`);
});

t.test('a page says that its server is away', { skip }, async (t) => {
  const { site, page } = await livePage(t, () => 'operations');
  await site.app.close();
  await page.locator('[data-state="reconnecting"]').waitFor();
  t.match(await page.locator('[data-live-controls]').getAttribute('class'), /strip-late/);
  t.ok(await page.locator('tbody tr').first().isVisible(), 'what was read is still there');
});

/** How many live streams a server has open at the moment, and how many there ever were. */
function streamsOf(site: HubSite) {
  const open = new Set<object>();
  let all = 0;
  site.app.server.on('request', ({ url }, response) => {
    if (url !== '/live') return;
    all++;
    open.add(response);
    response.on('close', () => open.delete(response));
  });
  return { open: () => open.size, all: () => all };
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await systemClock.sleep(50);
}

/** Makes a tab look hidden or visible to its page, as switching tabs does. */
const setHidden = (page: Page, hidden: boolean) =>
  page.evaluate((hidden) => {
    Object.defineProperty(document, 'hidden', { value: hidden, configurable: true });
    document.dispatchEvent(new Event('visibilitychange'));
  }, hidden);

t.test('twelve tabs share one connection, and hidden ones have none', { skip }, async (t) => {
  const { site, page, record } = await livePage(t, () => 'operations');
  const streams = streamsOf(site);
  const context = page.context();
  const tabs = [page];
  while (tabs.length < 12) {
    const tab = await context.newPage();
    await tab.goto('/t/contoso/operations');
    tabs.push(tab);
  }
  for (const tab of tabs) await tab.locator('[data-state="live"]').waitFor();
  await until(() => streams.open() === 1);
  await record('Wi-Fi');
  for (const tab of tabs) await tab.locator('tbody tr', { hasText: '5 of 10' }).waitFor();
  t.pass('every one of them is brought up to date');

  const born = await context.newPage();
  await born.addInitScript(() =>
    Object.defineProperty(document, 'hidden', { value: true, configurable: true }),
  );
  await born.goto('/t/contoso/failures');
  for (const tab of tabs) await setHidden(tab, true);
  await until(() => streams.open() === 0);
  t.pass('hidden tabs, and one that was born hidden, keep no connection');
  await record('E-mail');
  await setHidden(page, false);
  await page.locator('tbody tr', { hasText: '6 of 10' }).waitFor();
  t.equal(streams.open(), 1, 'the one that is seen again has what came meanwhile');
  t.notOk(await tabs[1]?.locator('tbody tr', { hasText: '6 of 10' }).count(), 'the hidden ones have not');
});

t.test('a page that hears nothing says since when, and comes back', { skip }, async (t) => {
  const site = await hubSite(t);
  const { tenant } = await writeScenario(site, 'contoso', 'Contoso');
  await site.app.listen({ host: '127.0.0.1', port: 0 });
  const proxy = await startTcpProxy(Number(new URL(site.app.listeningOrigin).port));
  t.teardown(() => proxy.close());
  const { page } = await watchedPage(await testBrowser(t), site, tenant.persons.operator, {
    baseURL: `http://127.0.0.1:${proxy.port}`,
  });
  await page.goto('/t/contoso/operations');
  await page.locator('[data-state="live"]').waitFor();
  // The same watch with a shorter heartbeat: the server's is every 15 s.
  await page.evaluate(() => {
    const live = document.getElementById('live');
    if (live) live.dataset.heartbeatMs = '400';
  });
  await page.keyboard.press('p');
  await page.locator('[data-state="paused"]').waitFor();
  await page.keyboard.press('p');
  proxy.hang();
  await page.getByText(/reconnecting; last heard at \d\d:\d\d:\d\d/).waitFor();
  t.ok(await page.locator('[data-lag]').isHidden(), 'and no longer says that it is up to date');
  proxy.heal();
  await page.locator('[data-state="live"]').waitFor();
  t.ok(await page.locator('[data-lag]').isVisible());
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
