import type { Page } from 'playwright-core';
import t from 'tap';
import { findingEntity } from '../../src/entities/finding/finding.js';
import { skipWithoutChromium } from '../support/system-parts.js';
import { livePage } from './live-page.js';

/**
 * Goal: a live update changes nothing that a reader does on a page: the text that is selected, the place of the window,
 * what is open or ticked, the look at a run beside the list, and a field with the focus, its text and its caret.
 */
t.test(
  'live updates keep what a reader selected, opened, ticked or typed',
  { skip: skipWithoutChromium() },
  async (t) => {
    const { site, scenario, page, complaints, tenantId, record } = await livePage(t, () => 'operations');
    const { running, findings, tenant } = scenario;
    await page.setViewportSize({ width: 1100, height: 420 });
    let number = 0;
    const more = () => record(`Policy ${++number}`);
    const acknowledge = (index: number) => () =>
      site.builder.append(
        findingEntity.stream(tenantId, findings[index] ?? ''),
        [{ type: 'FindingAcknowledged', data: { note: 'Known.' } }],
        { tenantId, actor: { kind: 'member', id: tenant.persons.manager } },
      );

    /** A page, a text in a part of it that is replaced, and what a reader opens, ticks or types there. */
    const PAGES: readonly {
      readonly path: string;
      readonly selects: string;
      readonly acts?: (page: Page) => Promise<unknown>;
      readonly types?: string;
      readonly changes: () => Promise<unknown>;
    }[] = [
      {
        path: '/t/contoso/operations',
        selects: `tr[data-run="${running}"] .row-link`,
        async acts() {
          await page.locator('.filter-menu summary').click();
          await page.locator('.filter-menu [name=bucket]').first().check();
          await page.locator('.row-link').last().focus();
          await page.keyboard.press(' ');
          await page.locator('.peek .run-head').waitFor();
        },
        types: '.search [name=q]',
        changes: more,
      },
      {
        path: `/t/contoso/runs/${running}`,
        selects: '#run-header h1',
        acts: () => page.locator('.facts details summary').click(),
        changes: more,
      },
      {
        path: `/t/contoso/runs/${running}/items`,
        selects: '#run-header h1',
        types: '[name=q]',
        changes: more,
      },
      {
        path: `/t/contoso/runs/${running}/history`,
        selects: '#run-header h1',
        async acts() {
          await page.locator('.event-type').first().click();
          await page.locator('.event-body pre').first().waitFor();
        },
        changes: more,
      },
      {
        path: '/t/contoso/drift',
        selects: `#status-${findings[0]}`,
        acts: () => page.locator('[name=finding]').last().check(),
        types: '[name=note]',
        changes: acknowledge(0),
      },
      {
        path: `/t/contoso/drift/findings/${findings[1]}`,
        selects: 'main h1',
        types: '[name=note]',
        changes: acknowledge(1),
      },
      { path: '/t/contoso/health', selects: '#health h2', changes: more },
      { path: '/tenants', selects: '#all-tenants a', types: '[name=q]', changes: more },
    ];

    /** What the reader has done on the page. */
    const doings = () =>
      page.evaluate(() => {
        const focused = document.activeElement;
        const isField = focused instanceof HTMLInputElement;
        return {
          selected: isField ? null : String(getSelection()),
          focus: focused?.outerHTML.slice(0, 60),
          typed: isField ? [focused.value, focused.selectionStart, focused.selectionEnd] : null,
          place: Math.round(scrollY),
          open: [...document.querySelectorAll('details')].map(({ open }) => open),
          opened: document.querySelectorAll('.event-opened:not([hidden])').length,
          ticked: [...document.querySelectorAll<HTMLInputElement>('input:checked')].map(({ value }) => value),
          peek: document.querySelector('.peek h1')?.textContent,
          copies: [...document.querySelectorAll('.copy')].filter((copy) => copy.checkVisibility()).length,
        };
      });
    /** Makes a change, and waits for an update of the page as of that change. */
    async function update(change: () => Promise<unknown>): Promise<void> {
      const shown = page.locator('#status-strip .mono');
      const before = await shown.textContent();
      await change();
      await page.waitForFunction(
        (before) => document.querySelector('#status-strip .mono')?.textContent !== before,
        before,
      );
    }

    for (const { path, selects, acts, types, changes } of PAGES) {
      await page.goto(path);
      await page.locator('[data-state="live"]').waitFor();
      await acts?.(page);
      await page.evaluate(() => scrollTo(0, 90));
      await page
        .locator(selects)
        .first()
        .evaluate((element) => getSelection()?.selectAllChildren(element));
      const reading = await doings();
      t.not(reading.selected, '', `${path}: a text is selected`);
      await update(changes);
      t.same(await doings(), reading, `${path}: reading`);
      if (types === undefined) continue;
      await page.locator(types).first().fill('half a word');
      await page.keyboard.press('ArrowLeft');
      await page.keyboard.press('Shift+ArrowLeft');
      const typing = await doings();
      t.same(typing.typed, ['half a word', 9, 10]);
      await update(changes);
      t.same(await doings(), typing, `${path}: typing`);
    }

    await t.test(
      'a colleague’s acknowledgement appears beside a row that stays, with its tick',
      async (t) => {
        await page.goto('/t/contoso/drift?status=new');
        await page.locator('[data-state="live"]').waitFor();
        const row = page.locator('.findings [data-row]');
        t.equal(await row.count(), 1);
        const bar = page.locator('[data-choose-all]');
        await row.locator('input').check();
        t.match(await bar.textContent(), '1 of 1 ticked');
        t.ok(await bar.getByRole('checkbox').isChecked(), 'all on this page');
        await bar.getByRole('checkbox').uncheck();
        t.notOk(await row.locator('input').isChecked());
        await row.locator('.row-link').focus();
        await page.keyboard.press('x');
        t.match(await bar.textContent(), '1 of 1 ticked');
        await acknowledge(2)();
        await row.getByText('acknowledged').waitFor();
        t.ok(await row.locator('input').isChecked());
      },
    );

    await t.test('the end of a run is announced and shown on the list', async (t) => {
      await page.goto('/t/contoso/operations');
      await page.locator('[data-state="live"]').waitFor();
      await site.builder.toRun(tenantId, running, {
        type: 'RunFailed',
        data: {
          reasonCode: 'unexpected',
          reason: 'The worker gave up.',
          counts: { total: 10, processed: 10, succeeded: 10, failed: 0, skipped: 0 },
        },
      });
      await page
        .locator('#announcer', { hasText: 'Inventory of Windows policies: Failed' })
        .waitFor({ state: 'attached' });
      t.match(await page.locator(`tr[data-run="${running}"]`).textContent(), /Failed/);
    });
    t.same(complaints, []);
  },
);
