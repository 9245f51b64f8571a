import t from 'tap';
import { testBrowser } from '../support/browser.js';
import { writeScenario } from '../support/hub-scenario.js';
import { hubSite } from '../support/hub-site.js';
import { skipWithoutChromium } from '../support/system-parts.js';
import { watchedPage } from './watched-page.js';

const skip = skipWithoutChromium();

t.test('the history opens, leads back and is printed', { skip }, async (t) => {
  const site = await hubSite(t);
  const { tenant, partial, inventories } = await writeScenario(site, 'contoso', 'Contoso');
  await site.app.listen({ host: '127.0.0.1', port: 0 });
  const browser = await testBrowser(t);
  const { page, complaints } = await watchedPage(browser, site, tenant.persons.readonly, {
    permissions: ['clipboard-read', 'clipboard-write'],
  });
  const history = `/t/contoso/runs/${partial}/history`;
  const focused = () => page.evaluate(() => document.activeElement?.textContent);

  await t.test('j and Enter open an event in place, over the full width', async (t) => {
    await page.goto(history);
    await page.keyboard.press('j');
    t.match(await focused(), /^RunQueued, event 1$/);
    await page.keyboard.press('Enter');
    const opened = page.locator('#event-0-body');
    await opened.getByText('"definitionVersion"').waitFor();
    t.equal(new URL(page.url()).hash, '', 'no anchor is followed');
    const widths = await page.evaluate(() =>
      ['table', '#event-0-body pre'].map((part) => document.querySelector(part)?.clientWidth ?? 0),
    );
    t.ok((widths[1] ?? 0) > 0.95 * (widths[0] ?? 1), widths.join(' of '));
    await opened.getByRole('button', { name: 'Copy address' }).click();
    await opened.getByRole('button', { name: 'Copied' }).waitFor();
    const address = await page.evaluate(() => navigator.clipboard.readText());
    t.equal(address, `${site.app.listeningOrigin}${history}/0`);
    await page.evaluate(() => {
      navigator.clipboard.writeText = () => Promise.reject(new DOMException('…', 'NotAllowedError'));
    });
    await opened.getByRole('button', { name: 'Copied' }).click();
    await opened.getByRole('button', { name: 'Not copied: the browser refuses it' }).waitFor();
    await page.locator('#event-0 [data-opens]').click();
    t.notOk(await opened.isVisible(), 'and close it again');
  });

  await t.test('minor events unfold in place', async (t) => {
    t.notOk(await page.locator('#event-2').isVisible());
    const asked: string[] = [];
    page.on('request', (request) => {
      if (request.resourceType() === 'fetch') asked.push(new URL(request.url()).pathname);
    });
    await page.getByRole('link', { name: '2 minor events' }).click();
    t.ok(await page.locator('#event-2').isVisible());
    await page.locator('#event-2 [data-opens]').click();
    await page.locator('#event-2-body').getByText('"total"').waitFor();
    t.same(asked, [`${history}/2`], 'only the data of the opened event is loaded');
  });

  await t.test('after Back the keys continue at the same row', async (t) => {
    await page.goto('/t/contoso/operations');
    for (let n = 0; n < 3; n++) await page.keyboard.press('j');
    const third = await focused();
    await page.keyboard.press('Enter');
    await page.waitForURL('**/runs/**');
    await page.goBack();
    await page.waitForURL('**/operations');
    await page.waitForFunction((text) => document.activeElement?.textContent === text, third);
    await page.keyboard.press('k');
    t.not(await focused(), third);
    await page.keyboard.press('j');
    t.equal(await focused(), third);
  });

  await t.test('single keys can be turned off in this browser', async (t) => {
    await page.locator('[data-help]').click();
    await page.getByLabel('Single keys are shortcuts').uncheck();
    await page.locator('body[data-keys="off"]').waitFor();
    await page.keyboard.press('Escape');
    await page.reload();
    await page.keyboard.press('?');
    await page.keyboard.press('j');
    t.notOk(await page.locator('#help').isVisible());
    t.notOk(await page.evaluate(() => document.activeElement?.closest('[data-row]')));
    await page.locator('[data-help]').click();
    await page.getByLabel('Single keys are shortcuts').check();
    await page.locator('body:not([data-keys="off"])').waitFor();
    await page.keyboard.press('Escape');
    await page.keyboard.press('?');
    t.ok(await page.locator('#help').isVisible(), 'and on again');
  });

  await t.test('comma and full stop go through the moments of a run', async (t) => {
    const run = `/t/contoso/runs/${partial}`;
    const shown = async () => /revision (\d+)/.exec(await page.locator('.as-of').innerText())?.[1];
    await page.goto(run);
    await page.keyboard.press(',');
    await page.waitForURL('**?at=*');
    const latest = Number(await shown());
    await page.keyboard.press(',');
    await page.waitForURL(`**?at=${latest - 1}`);
    t.match(await page.locator('#run-header').innerText(), 'Running');
    await page.keyboard.press('.');
    await page.waitForURL(`**?at=${latest}`);
    await page
      .locator('#run-tabs')
      .getByRole('link', { name: /^Items/ })
      .click();
    await page.waitForURL(`**/items?at=${latest}`);
    t.equal(await shown(), String(latest), 'the items are those of the same moment');
    await page.getByRole('link', { name: 'back to now' }).click();
    await page.waitForURL('**/items');
    t.equal(await page.locator('.as-of').count(), 0);
  });

  await t.test('x chooses two runs and c compares them, the older one first', async (t) => {
    await page.goto('/t/contoso/operations?type=inventory.sync');
    for (const id of [partial, inventories[0]]) {
      await page.locator(`[data-run="${id}"] .row-link`).focus();
      await page.keyboard.press('x');
    }
    t.equal(await page.locator('.is-chosen').count(), 2);
    t.equal(await page.locator('#announcer').innerText(), 'Two runs are chosen; c compares them.');
    await page.keyboard.press('c');
    await page.waitForURL('**/compare?*');
    t.equal(new URL(page.url()).searchParams.get('a'), inventories[0]);
    t.match(await page.locator('.compared tbody tr').first().innerText(), /Newly failing[\s\S]*BitLocker/);
    await page.goBack();
    await page.locator('.is-chosen').first().waitFor();
    t.equal(await page.locator('.is-chosen').count(), 2, 'after Back they are still chosen');
    const current = page.locator('[data-row]:has(:focus)');
    t.equal(await current.getAttribute('data-run'), inventories[0], 'and the keys continue at the same row');
  });

  await t.test('a failure leads to its item, which stands out', async (t) => {
    await page.setViewportSize({ width: 800, height: 500 });
    await page.goto('/t/contoso/failures');
    await page.locator('.failed-runs li li a[href*="#item-"]').first().click();
    await page.waitForURL('**#item-1');
    const item = page.locator(':target');
    t.match(await item.innerText(), 'BitLocker');
    t.ok(await item.evaluate((row) => row.getBoundingClientRect().top < window.innerHeight), 'in sight');
    await page.setViewportSize({ width: 1280, height: 720 });
  });

  await t.test('a printed page has the records and no controls', async (t) => {
    await page.setViewportSize({ width: 720, height: 1000 });
    await page.emulateMedia({ media: 'print', colorScheme: 'dark' });
    await page.goto(history);
    for (const control of ['.rail', '.tabs', '.pager', '.strip-live', '.skip'])
      t.notOk(await page.locator(control).first().isVisible(), control);
    t.match(await page.locator('.print-only').innerText(), /^Contoso · History of .* as of #[\d,]+/);
    t.ok(await page.locator('th', { hasText: 'hash' }).isVisible(), 'with its headings');
    t.equal(
      await page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor),
      'rgb(255, 255, 255)',
    );
    t.ok(await page.locator('#event-2').isVisible(), 'with the events that are folded on the screen');
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    t.ok(wide <= 0, `it fits the sheet: ${wide}`);
    await page.goto(`${history}/1`);
    const folded = page.locator('details', { hasText: 'Metadata' }).locator(':scope > :not(summary)').first();
    t.ok(await folded.evaluate((part) => part.checkVisibility()), 'an event is printed with its metadata');
  });
  t.same(complaints, []);
});

t.test('every event can be read without JavaScript', { skip }, async (t) => {
  const site = await hubSite(t);
  const { tenant, failed, partial } = await writeScenario(site, 'contoso', 'Contoso');
  await site.app.listen({ host: '127.0.0.1', port: 0 });
  const browser = await testBrowser(t);
  const { page } = await watchedPage(browser, site, tenant.persons.auditor, { javaScriptEnabled: false });
  await page.goto(`/t/contoso/runs/${failed}/history`);
  await page.getByRole('link', { name: 'RunFailed' }).click();
  t.match(page.url(), /history\/\d+$/);
  t.match(await page.locator('pre').first().textContent(), '"graph_unauthenticated"');
  await page.getByRole('link', { name: 'Previous event' }).click();
  t.match(await page.locator('h2#event-title').textContent(), 'RunStarted');

  await page.getByRole('link', { name: 'The run as it stood then' }).click();
  t.match(await page.locator('.as-of').innerText(), /as of .*, revision \d+/);
  await page.locator('.as-of').getByRole('link', { name: 'First' }).click();
  t.match(await page.locator('#run-header').innerText(), 'Queued');
  await page.goto(`/t/contoso/runs/${partial}/items`);
  await page.getByLabel('Name or id contains').fill('bitlocker');
  await page.getByRole('button', { name: 'Filter' }).click();
  t.equal(await page.locator('.items tbody tr').count(), 1);
  await page.goto(`/t/contoso/runs/${partial}`);
  await page.getByRole('link', { name: 'Compare with it' }).click();
  t.match(await page.locator('.compared tbody').innerText(), 'Newly failing');
});
