import { sql } from 'kysely';
import type { Page } from 'playwright-core';
import t from 'tap';
import { dayHeading } from '../../src/web/view/format.js';
import { testBrowser } from '../support/browser.js';
import { completed, itemOf, writeScenario } from '../support/hub-scenario.js';
import { hubSite } from '../support/hub-site.js';
import { skipWithoutChromium } from '../support/system-parts.js';
import { watchedPage } from './watched-page.js';

const skip = skipWithoutChromium();
const HOUR_MS = 3_600_000;
const LONG = 'Reconciliation of licences with every distributor in Europe, the islands and beyond (customer';
const WORD = 'Donaudampfschifffahrtsgesellschaftskapitaen'.repeat(6);

/** Parts of a row that extend beyond the window or overlap another part of the same row. */
const clashes = (page: Page) =>
  page.evaluate(() => {
    const wrong: string[] = [];
    for (const row of document.querySelectorAll('.runs tbody [data-row]')) {
      const boxes = [...row.querySelectorAll('td')].map((cell) => {
        const range = document.createRange();
        range.selectNodeContents(cell);
        const { left, right, top, bottom, width } = range.getBoundingClientRect();
        const clip = cell.querySelector('.what, .clip') ? cell.getBoundingClientRect() : undefined;
        return {
          name: cell.className,
          left,
          top,
          bottom,
          width,
          right: Math.min(right, clip?.right ?? right),
        };
      });
      for (const [index, box] of boxes.entries()) {
        if (box.width > 0 && box.right > window.innerWidth) wrong.push(`${box.name} is cut off`);
        for (const other of boxes.slice(index + 1)) {
          const across = Math.min(box.right, other.right) - Math.max(box.left, other.left);
          const down = Math.min(box.bottom, other.bottom) - Math.max(box.top, other.top);
          if (box.width > 0 && other.width > 0 && across > 1 && down > 4)
            wrong.push(`${box.name} lies over ${other.name}`);
        }
      }
    }
    const { scrollWidth } = document.documentElement;
    if (scrollWidth > window.innerWidth) wrong.push(`the page is ${scrollWidth} wide`);
    return [...new Set(wrong)];
  });

t.test('the list of operations', { skip }, async (t) => {
  // Runs of three days ago end within one hour and one more ends a day later, so that there are two bars.
  const beginning = Math.floor(Date.now() / HOUR_MS) * HOUR_MS - 72 * HOUR_MS;
  const site = await hubSite(t, { beginning });
  const { tenant, running, failed } = await writeScenario(site, 'contoso', 'Contoso');
  const { builder } = site;
  builder.pass(24 * HOUR_MS);
  const start = async (title: string) => {
    const runId = await builder.queue(tenant.tenantId, builder.chance.hex(32), {
      title,
      initiator: { kind: 'member', personId: tenant.persons.operator },
    });
    await builder.toRun(tenant.tenantId, runId, {
      type: 'RunStarted',
      data: { attempt: 1, worker: 'worker w-2' },
    });
    return runId;
  };
  const unknown = await start(`${LONG} Contoso)`);
  await builder.toRun(tenant.tenantId, unknown, {
    type: 'RunItemsRecorded',
    data: { items: [itemOf('Firewall', 'succeeded')] },
  });
  await start(`${LONG} Fabrikam)`);
  await start(WORD);
  const later = await start('Inventory of a day later');
  await builder.toRun(tenant.tenantId, later, completed([itemOf('Firewall', 'succeeded')], 'Read'));
  await sql`insert into liveness.beats (tenant_id, run_id, attempt, worker, beat_at)
    values (${tenant.tenantId}, ${unknown}, 1, 'w-2', now() - interval '29 minutes'),
           (${tenant.tenantId}, ${running}, 1, 'w-2', now())`.execute(site.database.db);
  await site.settle();
  await site.app.listen({ host: '127.0.0.1', port: 0 });
  const browser = await testBrowser(t);
  const { page, complaints } = await watchedPage(browser, site, tenant.persons.operator, {
    permissions: ['clipboard-read', 'clipboard-write'],
  });
  const announced = page.locator('#announcer');
  const rowLinks = page.locator('.runs .row-link');
  const focused = () => page.evaluate(() => document.activeElement?.getAttribute('href'));
  await page.goto('/t/contoso/operations');

  await t.test('rows fit at every width, with ten-digit positions', async (t) => {
    for (const width of [1440, 1300, 1240, 1100, 1001, 985, 800, 768, 390]) {
      await page.setViewportSize({ width, height: 900 });
      await page.evaluate(() => {
        for (const cell of document.querySelectorAll('.runs td.col-number'))
          cell.textContent = '#1,234,567,890';
      });
      t.same(await clashes(page), [], `at ${width} px`);
    }
    await page.setViewportSize({ width: 1440, height: 900 });
    await page.reload();
  });

  await t.test('long titles are shortened in the middle, so that their ends still differ', async (t) => {
    const row = (customer: string) => page.getByRole('link', { name: `${LONG} ${customer})` });
    for (const customer of ['Contoso', 'Fabrikam']) {
      const tail = row(customer).locator('.cut-tail');
      const cut = row(customer).locator('.cut-head');
      t.match(await tail.textContent(), customer);
      t.ok(await cut.evaluate((head) => head.scrollWidth > head.clientWidth), 'the middle is left out');
      const seen = await tail.evaluate((part) => {
        const { right } = part.getBoundingClientRect();
        return right <= (part.closest('td')?.getBoundingClientRect().right ?? 0);
      });
      t.ok(seen, 'the end is visible');
    }
  });

  await t.test('a run without a total has no progress bar, and silence has its own colour', async (t) => {
    const row = page.locator('tr', { hasText: 'customer Contoso' });
    t.match(await row.textContent(), '1 so far');
    t.equal(await row.locator('.bar-unknown').count(), 1);
    t.equal(await row.locator('.bar-succeeded').count(), 0);
    const colour = (text: string) =>
      page
        .locator('tr', { hasText: text })
        .locator('.sign')
        .evaluate((sign) => getComputedStyle(sign).color);
    t.match(await row.locator('.sign').textContent(), 'alive 29 min ago');
    t.equal(await colour('customer Contoso'), 'rgb(138, 82, 0)', 'amber');
    t.equal(
      await colour('Inventory of Windows policies'),
      'rgb(0, 95, 168)',
      'a run with recent signs of life is blue',
    );
  });

  await t.test('the end of a run moves no column', async (t) => {
    await page.locator('[data-state="live"]').waitFor();
    const lefts = () =>
      page
        .locator('.runs thead th')
        .evaluateAll((heads) => heads.map((head) => head.getBoundingClientRect().left));
    const before = await lefts();
    const items = [itemOf('Firewall', 'succeeded')];
    await builder.toRun(tenant.tenantId, unknown, completed(items, 'Reconciled'));
    await page.locator('tr', { hasText: 'customer Contoso' }).getByText('Succeeded').waitFor();
    t.same(await lefts(), before);
    t.equal(await announced.textContent(), `${LONG} Contoso): Succeeded`, 'a screen reader announces it');
  });

  await t.test('rows are grouped under their days', async (t) => {
    const time = { now: Date.now(), zone: 'Europe/Berlin' };
    const days = [beginning + 24 * HOUR_MS, beginning].map((at) => dayHeading(at, time));
    t.same(await page.locator('.runs .day th').allTextContents(), days);
    const times = await page.locator('.runs .col-when time').allTextContents();
    t.ok(
      times.every((text) => /^\d\d:\d\d$/.test(text)),
      'a row shows only the time of the day',
    );
  });

  await t.test('the bars narrow the time, one by its link and several by dragging', async (t) => {
    const bars = page.locator('.outcome-bars a');
    const ended = page.locator('.outcome-bars a:has([class^=outcome])');
    const rangeOf = () => {
      const { searchParams } = new URL(page.url());
      return [searchParams.get('basis'), searchParams.get('from'), searchParams.get('to')];
    };
    t.equal(await ended.count(), 2, 'runs ended in two hours');
    const [first, second] = [ended.nth(0), ended.nth(1)];
    const from = await first.getAttribute('data-from');
    const to = await second.getAttribute('data-to');

    const oneHour = ['finished', from, await first.getAttribute('data-to')];
    await first.click();
    await page.waitForURL('**from=*');
    t.same(rangeOf(), oneHour);
    t.equal(await rowLinks.count(), 5, 'the runs that ended in that hour');
    await page.getByRole('link', { name: 'all times' }).click();
    await page.waitForURL((url) => !url.searchParams.has('from'));

    const [begin, end] = [await first.boundingBox(), await second.boundingBox()];
    if (!begin || !end) throw new Error('the bars have no place');
    await page.mouse.move(begin.x + begin.width / 2, begin.y + begin.height / 2);
    await page.mouse.down();
    await page.mouse.move(end.x + end.width / 2, end.y + end.height / 2, { steps: 5 });
    t.equal(await page.locator('.is-brushed').count(), 25, 'the selected bars are marked');
    await page.mouse.up();
    await page.waitForURL('**from=*');
    t.same(rangeOf(), ['finished', from, to]);
    t.equal(await rowLinks.count(), 7, 'the runs that ended in both hours');
    await page.goBack();

    await page.locator('.outcome-bars a[tabindex="0"]').focus();
    await page.keyboard.press('ArrowLeft');
    const before = bars.nth((await bars.count()) - 2);
    t.equal(await focused(), await before.getAttribute('href'), 'arrow keys go from bar to bar');
    const hour = await before.getAttribute('data-from');
    await page.keyboard.press('Enter');
    await page.waitForURL('**from=*');
    t.equal(rangeOf()[1], hour, 'Enter selects a bar');
  });

  await t.test('a run is shown beside the list', async (t) => {
    await page.goto('/t/contoso/operations');
    const peek = page.locator('.peek');
    const title = (row: number) => rowLinks.nth(row).getAttribute('title');
    await page.keyboard.press('j');
    await page.keyboard.press(' ');
    await peek.getByRole('heading', { name: (await title(0)) ?? '' }).waitFor();
    t.match(await announced.textContent(), /^Beside the list: /);
    t.equal(await focused(), await rowLinks.first().getAttribute('href'), 'the focus stays in the list');
    t.equal(
      await peek.locator('[id], form').count(),
      0,
      'it has no forms, and no ids by which updates could replace its parts',
    );
    await page.keyboard.press('j');
    await peek.getByRole('heading', { name: (await title(1)) ?? '' }).waitFor();
    await page.keyboard.press(' ');
    t.equal(await peek.count(), 0, 'Space closes it again');
    await page.keyboard.press(' ');
    await peek.locator('h1').waitFor();
    await page.keyboard.press('Escape');
    t.equal(await peek.count(), 0, 'Escape closes it as well');
    t.equal(await focused(), await rowLinks.nth(1).getAttribute('href'), 'the focus stays in the row');
    await page.keyboard.press(' ');
    await peek.locator('h1').waitFor();
    await peek.getByRole('button', { name: 'Close' }).click();
    t.equal(await peek.count(), 0);
    t.equal(await focused(), await rowLinks.nth(1).getAttribute('href'), 'and the focus is where it was');

    const window = page.viewportSize() ?? { width: 1440, height: 900 };
    for (const width of [800, 390]) {
      await page.setViewportSize({ width, height: 844 });
      const last = rowLinks.last();
      await last.focus();
      await page.keyboard.press(' ');
      await peek.locator('h1').waitFor();
      const [row, over] = [await last.boundingBox(), await peek.boundingBox()];
      t.ok(row && over && row.y >= 0 && row.y + row.height <= over.y, `${width} px: the row stays in sight`);
      await page.keyboard.press('Escape');
    }
    await page.setViewportSize(window);
  });

  await t.test('a run’s page links to the runs before and after it in the list', async (t) => {
    await page.goto('/t/contoso/operations?bucket=failed&bucket=succeeded');
    const paths = await rowLinks.evaluateAll((links) =>
      links.map((link) => (link as HTMLAnchorElement).pathname),
    );
    const at = paths.findIndex((one) => one.endsWith(failed));
    const arrive = (index: number) => page.waitForURL((url) => url.pathname === paths[index]);
    await rowLinks.nth(at).click();
    await arrive(at);
    await page.keyboard.press(']');
    await arrive(at + 1);
    await page.keyboard.press('[');
    await arrive(at);
    for (let index = at - 1; index >= 0; index--) {
      await page.keyboard.press('[');
      await arrive(index);
    }
    await page.keyboard.press('[');
    await page.waitForURL('**/operations?*');
    t.same(
      new URL(page.url()).searchParams.getAll('bucket'),
      ['failed', 'succeeded'],
      'the links lead back to the list',
    );
  });

  await t.test('an id is copied from its row', async (t) => {
    const row = page.locator('.runs [data-row]').first();
    await row.getByRole('button', { name: /^Copy the id of/ }).click();
    await page.getByText('Copied', { exact: true }).waitFor({ state: 'attached' });
    const copied = await page.evaluate(() => navigator.clipboard.readText());
    t.equal(copied, await row.getAttribute('data-run'));
  });

  await t.test('a search is completed while typing', async (t) => {
    await page.goto('/t/contoso/operations');
    const field = page.locator('#q');
    const options = page.locator('#suggestions [role=option]:visible');
    await field.pressSequentially('Firewall reas');
    await options.first().waitFor();
    await page.keyboard.press('Escape');
    t.equal(await options.count(), 0, 'Escape closes the list');
    await page.keyboard.press('ArrowDown');
    await options.first().waitFor();
    await page.keyboard.press('ArrowDown');
    t.equal(await field.getAttribute('aria-activedescendant'), await options.first().getAttribute('id'));
    await page.keyboard.press('Enter');
    t.equal(await field.inputValue(), 'Firewall reason:');
    await options.filter({ hasText: 'graph_unauthenticated' }).click();
    t.equal(await field.inputValue(), 'Firewall reason:graph_unauthenticated ');
    await field.fill('reason:graph_unauthenticated');
    await page.keyboard.press('Enter');
    await page.waitForURL('**/operations?*');
    t.equal(await rowLinks.count(), 1, 'the suggested value finds its run');
    await page.goto('/t/contoso/operations');
  });

  await t.test('filters that are not set are not in the address', async (t) => {
    await page.locator('.filter-menu summary').click();
    await page.locator('.filter-menu select[name=last]').selectOption('24h');
    await page.getByRole('button', { name: 'Apply' }).click();
    await page.waitForURL('**/operations?*');
    t.equal(new URL(page.url()).search, '?last=24h');
  });

  await t.test('Apply keeps the times and the type that came with the address', async (t) => {
    await page.goto('/t/contoso/operations?type=type.unused&from=2026-01-05T10:00:05%2B01:00&to=2026-01-06');
    await page.locator('.filter-menu summary').click();
    await page.getByRole('button', { name: 'Apply' }).click();
    await page.waitForURL('**from=2026-01-05T10%3A00%3A05&*');
    const query = new URL(page.url()).searchParams;
    t.same(
      Object.fromEntries(query),
      { type: 'type.unused', from: '2026-01-05T10:00:05', to: '2026-01-07T00:00' },
      'in the zone of the reader, Europe/Berlin',
    );
  });

  await t.test('a short title is shown whole beside long words', async (t) => {
    await page.goto('/t/contoso/operations');
    const head = page.locator('tr', { hasText: 'Partially succeeded' }).locator('.cut-head');
    t.ok(await head.evaluate((part) => part.scrollWidth <= part.clientWidth));
  });

  await t.test('tabs are on as many lines as they need, and never scroll', async (t) => {
    for (const width of [1440, 390]) {
      await page.setViewportSize({ width, height: 900 });
      for (const path of ['operations', `runs/${running}/items`]) {
        await page.goto(`/t/contoso/${path}`);
        const scrolling = await page
          .locator('.tabs, .subtabs')
          .evaluateAll((bars) => bars.filter((bar) => bar.scrollWidth > bar.clientWidth).length);
        t.equal(scrolling, 0, `${path} at ${width} px`);
      }
    }
    await page.setViewportSize({ width: 1440, height: 900 });
  });

  await t.test('hyphens in titles are as wide as elsewhere', async (t) => {
    await page.goto('/t/contoso/operations');
    const figures = (selector: string) =>
      page
        .locator(selector)
        .first()
        .evaluate((part) => getComputedStyle(part).fontVariantNumeric);
    t.equal(await figures('.row-link'), 'normal');
    t.equal(await figures('.runs .col-when time'), 'tabular-nums');
  });

  await t.test('a group of failures leads to its list', async (t) => {
    await page.setViewportSize({ width: 1440, height: 300 });
    await page.goto('/t/contoso/failures');
    await page.locator('.groups a').last().click();
    await page.waitForURL('**#list');
    const top = await page.locator('#list').evaluate((list) => list.getBoundingClientRect().top);
    t.ok(top >= 0 && top < 150, `the list begins at ${top}`);
  });
  t.same(complaints, []);
});
