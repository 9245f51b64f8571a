import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import type { Page } from 'playwright-core';
import t from 'tap';
import { packageRoot } from '../../src/app-version.js';
import { browserContext, testBrowser } from '../support/browser.js';
import { startProduct, temporaryFolder } from '../support/running-product.js';

/**
 * `npm run screenshots`: starts the demo, waits until its runs have ended, and takes the pictures of `docs/images`.
 */

t.setTimeout(600_000);
const IMAGES = path.join(packageRoot, 'docs/images');
const WAIT_MS = 240_000;

/** Waits for a row of the list with this text, and opens it. */
async function openRun(page: Page, tenant: string, bucket: string, type: string): Promise<void> {
  const address = new URL(page.url());
  const list = `${address.origin}/t/${tenant}/operations?bucket=${bucket}&type=${type}`;
  for (let waitedMs = 0; waitedMs < WAIT_MS; waitedMs += 2_000) {
    await page.goto(list);
    const row = page.locator('[data-row] .row-link').first();
    if ((await row.count()) > 0) return row.click();
    await page.waitForTimeout(2_000);
  }
  throw new Error(`${tenant} has no ${bucket} ${type}`);
}

t.test('the pictures of the docs', async (t) => {
  const folder = await temporaryFolder(t, 'screenshots');
  const product = await startProduct(t, path.join(folder, 'data'), []);
  await mkdir(IMAGES, { recursive: true });
  const browser = await testBrowser(t);
  const context = await browserContext(browser, {
    viewport: { width: 1440, height: 860 },
    reducedMotion: 'reduce',
  });
  const page = await context.newPage();
  const take = async (name: string) => {
    await page
      .locator('[data-live-word]', { hasText: /^live$/ })
      .first()
      .waitFor();
    await page.screenshot({ path: path.join(IMAGES, `${name}.png`) });
  };
  await page.goto(product.signInLink('operator'));
  await openRun(page, 'contoso', 'succeeded', 'drift.generate');
  await page.goto(`${product.url}/t/contoso/drift`);
  await take('drift');
  await openRun(page, 'fabrikam', 'partially_succeeded', 'inventory.sync');
  await take('run');
  await page.goto(new URL(`${new URL(page.url()).pathname}/history`, page.url()).href);
  await take('history');
  await openRun(page, 'contoso', 'failed', 'inventory.sync');
  await page.emulateMedia({ colorScheme: 'dark' });
  await page.goto(`${product.url}/t/contoso/operations`);
  await take('operations');
  await page.goto(`${product.url}/tenants`);
  await take('all-tenants');
  t.pass('taken');
});
