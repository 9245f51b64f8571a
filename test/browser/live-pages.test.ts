import t from 'tap';
import { skipWithoutChromium } from '../support/system-parts.js';
import { livePage } from './live-page.js';

const skip = skipWithoutChromium();

t.test('live updates keep the focus, and new rows move no other rows', { skip }, async (t) => {
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

t.test('the end of a run is announced to screen readers', { skip }, async (t) => {
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

t.test('a page says that its reader has signed out, and stops asking', { skip }, async (t) => {
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

t.test('a run that is recorded but not shown yet appears by itself', { skip }, async (t) => {
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
