import t from 'tap';
import { testBrowser } from '../support/browser.js';
import { writeScenario } from '../support/hub-scenario.js';
import { hubSite } from '../support/hub-site.js';
import { skipWithoutChromium } from '../support/system-parts.js';
import { watchedPage } from './watched-page.js';

t.test(
  'somebody with many tenants sees them all, and goes from one to another',
  {
    skip: skipWithoutChromium(),
  },
  async (t) => {
    const site = await hubSite(t, { beginning: Date.now() - 60_000 });
    const { tenant } = await writeScenario(site, 'contoso', 'Contoso');
    const person = tenant.persons.operator;
    for (const name of ['adatum', 'fabrikam', 'litware', 'northwind', 'proseware', 'tailspin']) {
      const other = await site.tenant(name, `${name} and a rather long name of a customer`);
      await site.addMember(other.tenantId, person, 'readonly');
    }
    await site.settle();
    await site.app.listen({ host: '127.0.0.1', port: 0 });
    const { page, complaints } = await watchedPage(await testBrowser(t), site, person);
    await page.goto('/');
    t.match(page.url(), /\/tenants$/);
    await page.locator('[data-state="live"]').waitFor();
    t.equal(await page.locator('[data-row]').count(), 7);
    t.match(await page.locator('[data-row]').first().textContent(), /Contoso/, 'the one with failures first');
    const folder = process.env.SCREENSHOTS;
    for (const width of [1280, 800, 390]) {
      await page.setViewportSize({ width, height: 800 });
      const beyond = await page.evaluate(
        () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
      );
      t.equal(beyond, 0, `fits in ${width} px`);
      if (folder) await page.screenshot({ path: `${folder}/all-tenants-${width}.png` });
    }
    await page.setViewportSize({ width: 1280, height: 800 });

    await page.goto('/t/contoso/drift');
    await page.locator('.tenant-menu summary').click();
    await page.getByPlaceholder('Find a tenant').fill('LITW');
    t.equal(await page.locator('#tenant-list li:visible').count(), 1);
    if (folder) await page.screenshot({ path: `${folder}/tenant-menu.png` });
    await page.keyboard.press('Enter');
    await page.waitForURL('**/t/litware/drift');
    t.pass('by typing, and the page is kept');
    t.same(complaints, []);
  },
);
