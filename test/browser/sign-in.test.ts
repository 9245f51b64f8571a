import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import type { Page } from 'playwright-core';
import t from 'tap';
import { recordPerson } from '../../src/db/persons.js';
import { browserContext, testBrowser } from '../support/browser.js';
import { freePort } from '../support/free-port.js';
import { hubSite } from '../support/hub-site.js';
import { testProvider } from '../support/oidc-provider.js';
import { skipWithoutChromium } from '../support/system-parts.js';

/**
 * Goal: signing in through a provider, managing members and tokens, and signing out work in a real browser, with and
 * without JavaScript. The provider is another site, so that the browser's rules about cookies and forms apply. With
 * SCREENSHOTS=folder the pages are saved as pictures.
 */
const LOOKS = {
  light: { colorScheme: 'light', viewport: { width: 1440, height: 900 } },
  'dark phone without JavaScript': {
    colorScheme: 'dark',
    viewport: { width: 390, height: 844 },
    javaScriptEnabled: false,
  },
} as const;

for (const [look, options] of Object.entries(LOOKS)) {
  t.test(`through a provider and back: ${look}`, { skip: skipWithoutChromium() }, async (t) => {
    const port = await freePort();
    const origin = `http://127.0.0.1:${port}`;
    const provider = await testProvider(t, { redirectOrigin: origin });
    const site = await hubSite(t, {
      oidc: {
        issuer: provider.issuer.origin,
        clientId: 'opsledger-test',
        clientSecret: undefined,
        clientAuth: 'client_secret_basic',
        scopes: 'openid profile email',
        publicOrigin: origin,
        flowKey: randomBytes(32),
        renewalKey: randomBytes(32),
      },
    });
    const tenant = await site.tenant('contoso', 'Contoso');
    const mara = await recordPerson(site.database.db, {
      personId: crypto.randomUUID(),
      issuer: provider.issuer.origin,
      subject: 'mara',
      displayName: 'Mara, invited',
      email: null,
    });
    await site.addMember(tenant.tenantId, mara.personId, 'owner');
    await site.settle();
    await site.app.listen({ host: '127.0.0.1', port });
    const browser = await testBrowser(t);
    const context = await browserContext(browser, { ...options, baseURL: origin });
    const page = await context.newPage();
    const complaints: string[] = [];
    page.on('console', (message) => {
      const ours = message.location().url.startsWith(origin);
      if (ours && ['error', 'warning'].includes(message.type())) complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(error.message));
    const seen = (name: string) => picture(page, `${name}-${look}`);

    await page.goto('/t/contoso/members');
    await seen('sign-in');
    await page.getByRole('link', { name: 'Sign in' }).click();
    await page.getByLabel('Account').fill('mara');
    await page.getByRole('button', { name: 'Log in' }).click();
    await page.waitForURL(`${origin}/t/contoso/members`);
    t.equal(await page.locator('tr', { hasText: 'mara of the provider' }).count(), 1, 'the provider’s name');

    await page.locator('tr', { hasText: 'Operator of Contoso' }).locator('summary').click();
    const row = page.locator('tr', { hasText: 'Operator of Contoso' });
    await seen('members');
    await row.locator('select').selectOption('manager');
    await row.getByRole('button', { name: 'Save role' }).click();
    await page.locator('tr', { hasText: 'Operator of Contoso' }).getByText('manager').first().waitFor();
    await page.getByText('Or by issuer and subject').click();
    t.equal(await page.getByLabel('Issuer').inputValue(), provider.issuer.origin);
    await page.getByLabel('Subject').fill('ada');
    await page.getByLabel('Name', { exact: true }).fill('<img src=x onerror=alert(1)>');
    await page.getByRole('button', { name: 'Add' }).click();
    await page.locator('tr', { hasText: '<img src=x onerror=alert(1)>' }).waitFor();

    await page.goto('/t/contoso/tokens');
    await page.getByLabel('Name', { exact: true }).fill('Nightly "report" & co');
    await page.getByLabel('See the list of operations').check();
    await page.getByLabel('Read the event history of runs').check();
    await page.getByRole('button', { name: 'Create the token' }).click();
    const token = (await page.locator('#token').textContent()) ?? '';
    await seen('tokens-created');
    await page.getByRole('link', { name: 'Done' }).click();
    const listed = page.locator('tr', { hasText: 'Nightly "report" & co' });
    await listed.locator('summary').first().click();
    await seen('tokens');
    const call = () =>
      fetch(`${origin}/api/v1/tenants/contoso/runs`, { headers: { authorization: `Bearer ${token}` } });
    t.equal((await call()).status, 200);
    await listed.locator('summary', { hasText: 'Revoke' }).click();
    await listed.getByRole('button', { name: 'Revoke this token' }).click();
    await listed.getByText('revoked').waitFor();
    t.equal((await call()).status, 401);
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    t.ok(wide <= 0, `it fits: ${wide}`);

    await page.goto('/tenants');
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.waitForURL(`${provider.issuer.origin}/session/end**`);
    await page.goto('/t/contoso/members');
    t.match(page.url(), /\/signin\?next=/, 'signed out here');
    t.same(complaints, [], 'the console is quiet');
    await context.close();
  });
}

async function picture(page: Page, name: string): Promise<void> {
  const folder = process.env.SCREENSHOTS;
  if (!folder) return;
  await mkdir(folder, { recursive: true });
  await page.screenshot({ path: path.join(folder, `${name.replaceAll(' ', '-')}.png`), fullPage: true });
}
