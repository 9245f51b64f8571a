import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { browserContext } from '../support/browser.js';
import type { HubSite } from '../support/hub-site.js';

/** A page of a signed-in person, with all errors and warnings from its console. */
export async function watchedPage(
  browser: Browser,
  site: HubSite,
  personId: string,
  options: BrowserContextOptions = {},
): Promise<{ page: Page; complaints: string[] }> {
  const address = site.app.listeningOrigin;
  const context = await browserContext(browser, { baseURL: address, ...options });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('dialog', (dialog) => {
    complaints.push(`a dialog opened: ${dialog.message()}`);
    void dialog.dismiss();
  });
  await page.goto(`/signin/dev?person=${personId}&token=${site.secret}`);
  return { page, complaints };
}
