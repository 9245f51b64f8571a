import { testBrowser } from '../support/browser.js';
import { itemOf, writeScenario } from '../support/hub-scenario.js';
import { hubSite } from '../support/hub-site.js';
import { watchedPage } from './watched-page.js';

/** Opens a page of a tenant that has a run of every kind, and waits for its live stream. */
export async function livePage(
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
  /** Records an item of the running run, which changes the run's row and page. */
  const record = (name: string) =>
    site.builder.toRun(tenantId, scenario.running, {
      type: 'RunItemsRecorded',
      data: { items: [itemOf(name, 'succeeded')] },
    });
  return { site, scenario, page, complaints, tenantId, record };
}
