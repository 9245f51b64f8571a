import t from 'tap';
import { testBrowser } from '../support/browser.js';
import { changeWith, evidenceWith, findingWith } from '../support/finding-builder.js';
import { itemOf, writeScenario } from '../support/hub-scenario.js';
import { hubSite } from '../support/hub-site.js';
import { skipWithoutChromium } from '../support/system-parts.js';
import { watchedPage } from './watched-page.js';

const skip = skipWithoutChromium();

t.test('the hub in a browser', { skip }, async (t) => {
  const site = await hubSite(t);
  const contoso = await writeScenario(site, 'contoso', 'Contoso');
  await site.app.listen({ host: '127.0.0.1', port: 0 });
  const browser = await testBrowser(t);

  await t.test('a run is updated on the list and on its page, and open details stay open', async (t) => {
    const { tenant, running } = contoso;
    const { page, complaints } = await watchedPage(browser, site, tenant.persons.operator);
    const { page: other } = await watchedPage(browser, site, tenant.persons.readonly);

    await page.goto('/t/contoso/operations');
    const row = page.locator('tr', { hasText: 'Inventory of Windows policies' });
    await page.locator('[data-state="live"]').waitFor();
    t.match(await row.textContent(), /4 of 10/);
    await page.locator('.filter-menu summary').click();
    await page.evaluate(() => {
      document.body.dataset.sameDocument = 'yes';
    });

    await other.goto(`/t/contoso/runs/${running}`);
    await other.locator('[data-state="live"]').waitFor();
    await other.locator('.facts details summary').click();

    await site.builder.toRun(tenant.tenantId, running, {
      type: 'RunItemsRecorded',
      data: { items: [itemOf('Wi-Fi', 'succeeded'), itemOf('VPN', 'failed')] },
    });
    await row.getByText('6 of 10').waitFor();
    t.equal(await page.evaluate(() => document.body.dataset.sameDocument), 'yes', 'without loading again');
    t.ok(
      await page.locator('.filter-menu').evaluate((menu) => (menu as HTMLDetailsElement).open),
      'menu open',
    );

    await other.getByText('Failures by reason').waitFor();
    t.ok(
      await other.locator('.facts details').evaluate((menu) => (menu as HTMLDetailsElement).open),
      'what was open on the run page is still open',
    );

    const rowsBefore = await page.locator('tbody [data-row]').count();
    await site.builder.queue(tenant.tenantId, 'a'.repeat(32), {
      title: 'Inventory that comes later',
      initiator: { kind: 'member', personId: tenant.persons.operator },
    });
    await page.getByRole('link', { name: '1 new operation' }).waitFor();
    t.equal(await page.locator('tbody [data-row]').count(), rowsBefore, 'new rows wait behind the bar');
    await page.locator('.active-runs').getByText('Inventory that comes later').waitFor();
    await page.keyboard.press('Escape');
    await page.keyboard.press('n');
    await page.locator('tr', { hasText: 'Inventory that comes later' }).waitFor();

    await page.locator('[data-state="live"]').waitFor();
    await page.locator('[data-pause]').click();
    await page.locator('[data-state="paused"]').waitFor();
    await site.builder.toRun(tenant.tenantId, running, {
      type: 'RunItemsRecorded',
      data: { items: [itemOf('Proxy', 'succeeded')] },
    });
    await other.getByText('Of 10 items, 6 succeeded').waitFor();
    t.match(await row.textContent(), /6 of 10/, 'a paused page stands still');
    await page.locator('[data-pause]').click();
    await row.getByText('7 of 10').waitFor();
    t.same(complaints, [], 'the console is quiet');
  });

  await t.test('a chosen certificate is sent with the form, and what can’t be one is named', async (t) => {
    const { page, complaints } = await watchedPage(browser, site, contoso.tenant.persons.owner);
    await page.goto('/t/contoso/connection');
    const input = page.locator('input[type=file]');
    const chosen = async (bytes: number) => {
      const buffer = Buffer.alloc(bytes, 'a');
      await input.setInputFiles({ name: 'app.pfx', mimeType: 'application/x-pkcs12', buffer });
      await page.waitForFunction(
        ({ length, value }) => {
          const field = document.querySelector<HTMLInputElement>('input[type=file]');
          const sent = document.querySelector<HTMLInputElement>('[name=certificateFile]')?.value;
          return field?.validationMessage.length === 0 ? sent === value : length !== 300 && sent === '';
        },
        { length: bytes, value: buffer.toString('base64') },
      );
      return input.evaluate((field) => (field as HTMLInputElement).validationMessage);
    };
    t.equal(await chosen(300), '');
    t.equal(await chosen(0), 'The file is empty.');
    t.equal(await chosen(1_000_000), 'The file is too large: at most 30 kB are taken.');
    t.equal(await chosen(300), '', 'another file can be chosen');
    t.same(complaints, []);
  });

  await t.test('a start without JavaScript, and what other roles see instead', async (t) => {
    const { tenant, findings } = contoso;
    const { page } = await watchedPage(browser, site, tenant.persons.operator, { javaScriptEnabled: false });
    await page.goto('/t/contoso/inventory');
    await page.getByRole('button', { name: 'Start an inventory' }).click();
    t.match(page.url(), /\/t\/contoso\/runs\/[0-9a-f]{32}-0/, 'leads to the run');
    t.match(await page.locator('h1').textContent(), /Inventory of all policies/);
    await page.getByRole('link', { name: /^History/ }).click();
    t.match(await page.locator('.history').textContent(), /RunQueued/);
    await page.goto(`/t/contoso/drift/findings/${findings[0]}`);
    await page.getByLabel('Note').fill('Seen with the customer.');
    await page.getByRole('button', { name: 'Acknowledge' }).click();
    await page.getByText('is acknowledged. This is the next one.').waitFor();
    await page.goto('/t/contoso/notifications');
    await page.getByRole('button', { name: 'Mark all read' }).click();
    t.equal(await page.getByRole('button', { name: /^Mark read/ }).count(), 0, 'all read');

    const { page: reader } = await watchedPage(browser, site, tenant.persons.readonly);
    await reader.goto('/t/contoso/drift');
    const button = reader.getByRole('button', { name: 'Find drift' });
    t.ok(await button.isDisabled());
    t.match(
      await reader.locator('main').textContent(),
      /Your role here is readonly; an operator can start this/,
    );
  });

  await t.test('hostile texts stay texts', async (t) => {
    const hostile = [
      `"><img src=x onerror=alert(1)>`,
      `'><svg onload=alert(2)>`,
      `</script><script>alert(3)</script>`,
      'javascript:alert(4)',
      '<hx-partial hx-target="body" hx-swap="innerHTML">owned</hx-partial>',
      `" hx-get="/signout" hx-trigger="load" x="`,
      '{{7*7}}<%= 7 %>',
      '</title><meta http-equiv="refresh" content="0;url=//evil.invalid">',
      '\u202Egnp.exe <b>bold</b>',
    ].join(' ');
    const { tenant, running, findings } = await writeScenario(
      site,
      'hostile',
      `Contoso ${hostile}`.slice(0, 190),
    );
    const { builder } = site;
    const runId = await builder.queue(tenant.tenantId, 'b'.repeat(32), {
      title: hostile,
      initiator: { kind: 'member', personId: tenant.persons.operator },
      scope: { [hostile]: hostile },
      related: [
        { relation: hostile.slice(0, 60), kind: 'policy', id: hostile.slice(0, 300), label: hostile },
      ],
    });
    const item = itemOf(hostile.slice(0, 250), 'failed', hostile.slice(0, 490));
    await builder.toRun(
      tenant.tenantId,
      runId,
      { type: 'RunStarted', data: { attempt: 1, worker: hostile.slice(0, 490) } },
      { type: 'RunProgressNoted', data: { note: hostile } },
      {
        type: 'FindingsDetected',
        data: {
          scopeKey: '0123456789abcdef0123456789abcdef',
          baselineRunId: runId,
          currentRunId: runId,
          rulesVersion: 2,
          findings: [
            findingWith({
              itemId: item.itemId.slice(0, 290),
              fingerprint: 'c'.repeat(32),
              policyType: hostile.slice(0, 100),
              subjectId: hostile.slice(0, 200),
              subjectIdBefore: hostile.slice(0, 200),
              name: hostile,
              nameBefore: hostile,
              recreated: true,
              evidence: evidenceWith({
                settingsAdded: [{ path: hostile, label: hostile, values: [hostile] }],
                settingsRemoved: [{ path: hostile, label: hostile, values: [hostile] }],
                settingsChanged: [
                  changeWith({ path: hostile, label: hostile, before: [hostile], after: [hostile] }),
                ],
                assignmentsAdded: [hostile.slice(0, 490)],
                assignmentsRemoved: [hostile.slice(0, 490)],
                assignmentsChanged: [
                  { target: hostile, parts: [{ name: hostile, before: hostile, after: hostile }] },
                ],
                withheld: [hostile],
                notCompared: [hostile],
                omitted: 1,
              }),
            }),
          ],
        },
      },
      {
        type: 'RunItemsRecorded',
        data: { items: [{ ...item, subject: { type: hostile.slice(0, 100), id: hostile.slice(0, 200) } }] },
      },
    );
    await site.settle();
    const { page, complaints } = await watchedPage(browser, site, tenant.persons.operator);
    const pages = [
      'operations',
      `operations?type=&initiator=${encodeURIComponent(hostile.slice(0, 90))}`,
      `runs/${runId}`,
      `runs/${runId}/items`,
      `runs/${runId}/history`,
      'failures',
      'inventory',
      'groups',
      'drift',
      `drift?run=${encodeURIComponent(hostile.slice(0, 50))}`,
      `drift/findings/${'c'.repeat(32)}`,
      'notifications',
      'members',
    ];
    for (const path of pages) {
      await page.goto(`/t/hostile/${path}`);
      t.equal(
        await page.locator('img, main script, [onerror], [onload], [hx-get]').count(),
        0,
        `${path} is inert`,
      );
      t.match(page.url(), /127\.0\.0\.1.*hostile/, 'and stays where it is');
    }
    await page.goto('/t/hostile/operations');
    await page.locator('[data-state="live"]').waitFor();
    await builder.toRun(tenant.tenantId, runId, {
      type: 'RunProgressNoted',
      data: { note: `again ${hostile}` },
    });
    await page.locator('tr', { hasText: 'again "><img' }).waitFor();
    t.equal(
      await page.locator('img, [onerror], [onload], [hx-get]').count(),
      0,
      'a live update is inert as well',
    );
    t.same(complaints, [], 'nothing ran, and the policy had nothing to refuse');
    t.ok(running && findings.length > 0);
  });

  await t.test('with the keyboard alone', async (t) => {
    const { tenant, running } = await writeScenario(site, 'fabrikam', 'Fabrikam');
    const { page, complaints } = await watchedPage(browser, site, tenant.persons.operator);
    await page.goto('/t/fabrikam/failures');
    await page.keyboard.press('Tab');
    t.equal(await page.evaluate(() => document.activeElement?.textContent), 'Skip to the content');
    await page.keyboard.press('g');
    await page.keyboard.press('o');
    await page.waitForURL('**/operations');
    await page.keyboard.press('?');
    t.ok(await page.locator('#help').isVisible(), 'the help sheet');
    await page.keyboard.press('Escape');
    await page.keyboard.press('j');
    await page.keyboard.press('j');
    await page.keyboard.press('k');
    const focused = () => page.evaluate(() => document.activeElement?.textContent?.trim());
    const title = await focused();
    await page.keyboard.press('?');
    await page.locator('#help').waitFor();
    await page.keyboard.press('Escape');
    t.equal(await focused(), title, 'the sheet gives the focus back to the row');
    await page.locator('[data-help]').focus();
    await page.keyboard.press('Enter');
    await page.locator('#help').waitFor();
    await page.locator('#help').getByRole('button', { name: 'Close' }).click();
    t.ok(
      await page.locator('[data-help]').evaluate((one) => one === document.activeElement),
      'or to its button',
    );
    const filter = page.locator('details.filter-menu > summary').first();
    await filter.focus();
    await page.keyboard.press('Enter');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Escape');
    t.ok(await filter.evaluate((one) => one === document.activeElement), 'and a menu to what opened it');
    await page
      .locator('.row-link', { hasText: title ?? 'no title' })
      .first()
      .focus();
    await page.keyboard.press('Enter');
    await page.waitForURL('**/runs/**');
    t.match(await page.locator('h1').textContent(), title ?? 'no title');
    await page.goBack();
    await page.keyboard.press('/');
    t.equal(await page.evaluate(() => document.activeElement?.tagName), 'INPUT', 'to the filter');

    await page.setViewportSize({ width: 1200, height: 360 });
    await page.goto('/t/fabrikam/operations');
    const rows = await page.locator('tbody tr').count();
    for (let row = 0; row < rows; row++) {
      await page.keyboard.press('j');
      const hidden = await page.evaluate(() => {
        const strip = document.querySelector('#status-strip')?.getBoundingClientRect().top ?? 0;
        return (document.activeElement?.closest('tr')?.getBoundingClientRect().bottom ?? strip + 1) > strip;
      });
      t.notOk(hidden, `row ${row + 1} isn't hidden below the strip`);
    }

    await t.test('through the findings of a comparison', async (t) => {
      await page.goto('/t/fabrikam/drift');
      const row = (index: number) => page.locator('.findings [data-row]').nth(index);
      const names = await page.locator('.findings .row-link').allTextContents();
      await page.keyboard.press('j');
      await page.keyboard.press('x');
      t.ok(await row(0).getByRole('checkbox').isChecked(), 'x chooses the row');
      t.equal(await page.evaluate(() => document.activeElement?.textContent), names[1], 'and goes on');
      await page.keyboard.press('x');
      await page.keyboard.press('k');
      await page.keyboard.press('x');
      t.notOk(await row(1).getByRole('checkbox').isChecked(), 'x again lets it go');
      await page.keyboard.press('a');
      await page.keyboard.type('Agreed with the customer.');
      await page.keyboard.press('Enter');
      await row(0).getByText('acknowledged').waitFor();
      t.equal(
        await page.locator('.findings').getByText('acknowledged').count(),
        1,
        'only the chosen finding changed',
      );

      await page.keyboard.press('j');
      await page.keyboard.press('j');
      await page.keyboard.press('Enter');
      await page.waitForURL('**/drift/findings/**');
      t.match(await page.locator('h1').textContent(), names[1]);
      await page.keyboard.press('a');
      await page.keyboard.type('This too.');
      await page.keyboard.press('Enter');
      await page.getByText('is acknowledged. This is the next one.').waitFor();
      t.match(await page.locator('h1').textContent(), names[2], 'the next one opens');
      await page.getByRole('link', { name: names[1] ?? '', exact: true }).click();
      await page.getByText('“This too.”').waitFor();
    });

    await t.test('single keys that are turned off do nothing', async (t) => {
      const setKeys = async (on: boolean) => {
        await page.goto('/me');
        await page.getByRole('checkbox', { name: /^Single keys/ }).setChecked(on);
        await page.getByRole('button', { name: 'Save' }).click();
        await page.getByText('Saved').waitFor();
      };
      const looks = () =>
        page.evaluate(() => ({
          address: location.href,
          focus: document.activeElement?.tagName,
          open: [...document.querySelectorAll('dialog[open], details[open], .peek')].length,
          chosen: document.querySelectorAll('.is-chosen, input:checked').length,
          state: document.querySelector<HTMLElement>('[data-state]')?.dataset.state,
        }));
      const keys = ['j', 'k', 'x', 'c', 'a', 'n', 'p', '/', '?', ',', '.', '[', ']', 'g', 'o', 'g', 'f'];
      await setKeys(false);
      for (const path of ['operations', 'drift', `runs/${running}`, `runs/${running}/history`]) {
        await page.goto(`/t/fabrikam/${path}`);
        await page.locator('[data-state="live"]').waitFor();
        const before = await looks();
        for (const key of keys) await page.keyboard.press(key);
        t.same(await looks(), before, path);
      }
      await page.goto('/t/fabrikam/operations');
      await page.locator('.row-link').first().focus();
      for (const key of [' ', 'x', 'j']) await page.keyboard.press(key);
      t.same((await looks()).chosen, 0, 'nor in a row');
      t.equal(await page.locator('.peek').count(), 0);
      await setKeys(true);
      await page.goto('/t/fabrikam/operations');
      await page.keyboard.press('?');
      t.ok(await page.locator('#help').isVisible(), 'until they are turned on again');
    });
    t.same(complaints, []);
  });
});
