import type { Browser, Page } from 'playwright-core';
import type { Test } from 'tap';
import { watchedPage } from './watched-page.js';
import type { WholeSite } from './whole-site.js';

const rows = (page: Page) => page.locator('main tbody [data-row], main tbody .row').count();

/**
 * Goal: without JavaScript every filter of every page can be set, leads to an address that names only what was set,
 * and can be left again by Back. It adds runs to the site, so that a list has a second page.
 */
export async function filtersWithoutScripts(
  t: Test,
  { site, contoso, pages }: WholeSite,
  browser: Browser,
): Promise<void> {
  const { tenant } = contoso;
  for (let number = 1; number <= 45; number++)
    await site.builder.queue(tenant.tenantId, number.toString(16).padStart(32, '0'), {
      title: 'One of many',
    });
  await site.settle();
  const { page, complaints } = await watchedPage(browser, site, tenant.persons.owner, {
    javaScriptEnabled: false,
  });

  /** Sets filters on a page, and comes back. `leads` are the fields in the address, and `left` the rows after it. */
  const FILTERS: readonly {
    readonly name: keyof typeof pages;
    readonly set: (form: ReturnType<Page['locator']>) => Promise<unknown>;
    readonly leads: string;
    readonly left: number;
  }[] = [
    {
      name: 'operations',
      set: (form) => form.getByLabel('Partially succeeded').check(),
      leads: 'bucket=partially_succeeded',
      left: 3,
    },
    {
      name: 'items',
      set: (form) => form.locator('[name=q]').fill('Firewall'),
      leads: 'q=Firewall',
      left: 1,
    },
    {
      name: 'history',
      set: (form) => form.locator('select[name=type]').selectOption('RunFailed'),
      leads: 'type=RunFailed',
      left: 1,
    },
    {
      name: 'drift',
      set: (form) => form.locator('[name=kind]').selectOption('added'),
      leads: 'kind=added',
      left: 1,
    },
    {
      name: 'policies',
      set: (form) => form.locator('[name=q]').fill('berlin'),
      leads: 'q=berlin',
      left: 1,
    },
    {
      name: 'backup-set',
      set: (form) => form.locator('[name=q]').fill('nothing like it'),
      leads: 'q=nothing+like+it',
      left: 2,
    },
    {
      name: 'back-up',
      set: (form) => form.locator('[name=q]').fill('nothing like it'),
      leads: 'q=nothing+like+it',
      left: 0,
    },
    {
      name: 'audit',
      set: (form) => form.locator('[name=who]').selectOption('cli'),
      leads: 'who=cli',
      left: 0,
    },
    { name: 'tenants', set: (form) => form.locator('[name=q]').fill('toso'), leads: 'q=toso', left: 1 },
  ];
  for (const { name, set, leads, left } of FILTERS) {
    await page.goto(pages[name]);
    const before = await rows(page);
    const form = page.locator('main form:is(.filters, .filter-form, [role=search]):not(.search)').first();
    const menu = page.locator('details.filter-menu:not([open]) > summary');
    if (await menu.count()) await menu.click();
    await form.getByRole('button').first().click();
    t.equal(new URL(page.url()).search, '', `${name}: no filter is set by a form that nobody filled in`);
    if (await menu.count()) await menu.click();
    await set(form);
    await form.getByRole('button').first().click();
    t.equal(new URL(page.url()).search, `?${leads}`, `${name}: one filter`);
    t.equal(await rows(page), left, `${name}: and its rows`);
    await page.goBack();
    t.equal(await rows(page), before, `${name}: all of them again after Back`);
  }

  await t.test('a list is paged and returned to', async (t) => {
    await page.goto(`${pages.operations}?type=inventory.sync`);
    const first = await page.locator('.row-link').allTextContents();
    await page.getByRole('link', { name: 'Next page' }).click();
    const second = await page.locator('.row-link').allTextContents();
    t.not(second.length, 0);
    t.match(page.url(), /type=inventory\.sync&before=/, 'with its filter');
    await page.locator('.row-link').first().click();
    await page.getByRole('heading', { level: 1, name: second[0]?.trim() ?? 'none' }).waitFor();
    await page.goBack();
    t.same(await page.locator('.row-link').allTextContents(), second, 'the place is kept');
    await page.getByRole('link', { name: 'Back a page' }).click();
    t.same(await page.locator('.row-link').allTextContents(), first);
  });

  await t.test('a filter is removed by its own link', async (t) => {
    await page.goto(`${pages.operations}?bucket=failed&not_type=drift.generate`);
    await page.getByRole('link', { name: /drift\.generate.*remove this filter/s }).click();
    t.equal(new URL(page.url()).search, '?bucket=failed');
    await page.goto(`${pages.history}?not_type=RunWaiting`);
    await page.getByRole('link', { name: /RunWaiting.*remove this filter/s }).click();
    t.equal(new URL(page.url()).search, '');
  });

  await t.test('an address with a mistake leads back to its page', async (t) => {
    await page.goto(`${pages.drift}?kind=other`);
    t.match(await page.locator('main').textContent(), /It takes added, removed/);
    await page.getByRole('link', { name: 'Open the page without what its address asks for' }).click();
    t.equal(new URL(page.url()).pathname, pages.drift);
    t.ok(await page.getByRole('heading', { level: 1, name: 'Drift' }).isVisible());
  });
  t.same(
    complaints.filter((text) => !text.includes('status of 400')),
    [],
  );
}
