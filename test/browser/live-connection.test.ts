import type { Page } from 'playwright-core';
import t from 'tap';
import { testBrowser } from '../support/browser.js';
import { startBufferingProxy } from '../support/buffering-proxy.js';
import type { HubSite } from '../support/hub-site.js';
import { skipWithoutChromium } from '../support/system-parts.js';
import { startTcpProxy } from '../support/tcp-proxy.js';
import { until } from '../support/until.js';
import { livePage } from './live-page.js';
import { watchedPage } from './watched-page.js';

const skip = skipWithoutChromium();

/** How many live streams a server has open at the moment, and how many it has opened in all. */
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

/** Makes a page believe that its tab is hidden or visible, as after switching tabs. */
const setHidden = (page: Page, hidden: boolean) =>
  page.evaluate((hidden) => {
    Object.defineProperty(document, 'hidden', { value: hidden, configurable: true });
    document.dispatchEvent(new Event('visibilitychange'));
  }, hidden);

t.test('twelve tabs share one connection, and hidden tabs use none', { skip }, async (t) => {
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

t.test('a page without a connection says since when, and reconnects', { skip }, async (t) => {
  const { site, scenario } = await livePage(t, () => 'operations');
  const proxy = await startTcpProxy(Number(new URL(site.app.listeningOrigin).port));
  t.teardown(() => proxy.close());
  const { page } = await watchedPage(await testBrowser(t), site, scenario.tenant.persons.operator, {
    baseURL: `http://127.0.0.1:${proxy.port}`,
  });
  await page.goto('/t/contoso/operations');
  await page.locator('[data-state="live"]').waitFor();
  // The same check with a shorter heartbeat, because the server sends one only every 15 s.
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

  await t.test('a refused connection is tried again after growing, random delays', async (t) => {
    const refused = await page.context().newPage();
    // This page uses a connection of its own, because a test can't answer requests of the shared worker.
    await refused.addInitScript(() => {
      Reflect.deleteProperty(globalThis, 'SharedWorker');
      const waits: number[] = [];
      const wait = globalThis.setTimeout;
      const recorded = (act: () => void, ms = 0) => {
        if (act.name !== 'connect') return wait(act, ms);
        waits.push(ms);
        return wait(act, 0);
      };
      Object.assign(globalThis, { waits, setTimeout: recorded });
      Math.random = () => 0.25;
    });
    let asked = 0;
    await refused.route('**/live', (route) => {
      asked += 1;
      if (asked === 1) return route.fulfill({ status: 503, headers: { 'retry-after': '1' } });
      return asked <= 3 ? route.abort('connectionrefused') : route.continue();
    });
    await refused.goto('/t/contoso/operations');
    await refused.locator('[data-state="live"]').waitFor();
    const waits = await refused.evaluate(() => Reflect.get(globalThis, 'waits'));
    t.same(
      waits,
      [30, 1_000 + 0.25 * 2_000, 0.25 * 4_000, 0.25 * 8_000],
      'the first is as far as the server asks and a part of 2 s, the next a part of twice as much',
    );
  });

  await t.test('behind a proxy that holds answers back a page never says that it is live', async (t) => {
    const holding = await startBufferingProxy(Number(new URL(site.app.listeningOrigin).port), (html) =>
      html.replace(/data-heartbeat-ms="\d+"/, 'data-heartbeat-ms="400"'),
    );
    t.teardown(() => holding.close());
    const held = await page.context().newPage();
    await held.addInitScript(() => {
      const states: (string | undefined)[] = [];
      const note = () => states.push(document.querySelector<HTMLElement>('[data-state]')?.dataset.state);
      new MutationObserver(note).observe(document, { subtree: true, childList: true, attributes: true });
      Object.assign(globalThis, { states });
    });
    await held.goto(`${holding.origin}/t/contoso/operations`);
    await held.getByText(/reconnecting; last heard at \d\d:\d\d:\d\d/).waitFor();
    await until(() => holding.streamsHeld() > 0);
    t.ok(await held.locator('[data-lag]').isHidden(), 'nor does it say that it is up to date');
    const states = await held.evaluate(() => Reflect.get(globalThis, 'states') as string[]);
    t.notOk(states.includes('live'), 'at no moment');
    t.match(await held.locator('tbody tr').first().textContent(), /\S/, 'the page itself is complete');
  });
});
