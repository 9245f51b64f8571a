import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import type { Page } from 'playwright-core';
import t from 'tap';
import { PAGES } from '../../src/web/pages/pages.js';
import { writeBackupSet } from '../support/backup-scenario.js';
import { browserContext, testBrowser } from '../support/browser.js';
import { writeScenario } from '../support/hub-scenario.js';
import { hubSite } from '../support/hub-site.js';
import { writeKeptPolicy } from '../support/kept-policy.js';
import { writePreview, writeRestore } from '../support/preview-builder.js';
import { skipWithoutChromium } from '../support/system-parts.js';
import { writtenExport } from '../support/written-export.js';
import { axeViolations } from './axe-violations.js';
import { beyondTheKeyboard, wrongOnPaper } from './page-checks.js';

/**
 * Goal: every page loads in a real browser without an error in the console, has no violation that axe finds (WCAG 2.2
 * AA), dark on a desktop and light on a phone, and is nowhere wider than the window, down to 320 px. With
 * SCREENSHOTS=folder the pages are saved as pictures.
 */
const LOOKS = {
  dark: { colorScheme: 'dark', width: 1440, height: 800 },
  tablet: { colorScheme: 'light', width: 1024, height: 768 },
  small: { colorScheme: 'light', width: 320, height: 640 },
  phone: { colorScheme: 'light', width: 390, height: 844 },
} as const;
type Look = keyof typeof LOOKS;
const looks = Object.keys(LOOKS) as Look[];
/** The rules whose result depends on colours and sizes. */
const LOOK_RULES = ['color-contrast', 'target-size', 'scrollable-region-focusable', 'link-in-text-block'];
/** Statuses of pages that don't answer 200. */
const STATUS: Readonly<Record<string, number>> = { recorded: 202, missing: 404 };

/** If the page is wider than the window, the elements that are. */
const beyondTheWindow = (page: Page) =>
  page.evaluate(() => {
    const { scrollWidth, clientWidth } = document.documentElement;
    if (scrollWidth <= clientWidth) return [];
    const wide = [...document.querySelectorAll('main *')].filter(
      (element) => element.getBoundingClientRect().right > clientWidth,
    );
    return [`by ${scrollWidth - clientWidth} px`, ...wide.map(({ outerHTML }) => outerHTML.slice(0, 100))];
  });

t.test(
  'every page, dark on a desk, light on a tablet and on phones',
  { skip: skipWithoutChromium() },
  async (t) => {
    const site = await hubSite(t);
    const contoso = await writeScenario(site, 'contoso', 'Contoso');
    const setId = await writeBackupSet(site, contoso.tenant);
    const fabrikam = await site.tenant('fabrikam', 'Fabrikam');
    const preview = await writePreview(site, contoso.tenant.tenantId);
    const restore = await writeRestore(site, contoso.tenant.tenantId, preview);
    await writtenExport(site, contoso.tenant.tenantId, { personId: contoso.tenant.persons.operator });
    await site.settle();
    const kept = await writeKeptPolicy(site, contoso.tenant);
    const address = await site.app.listen({ host: '127.0.0.1', port: 0 });
    const browser = await testBrowser(t);
    const folder = process.env.SCREENSHOTS;
    if (folder) await mkdir(folder, { recursive: true });
    const base = '/t/contoso';
    const pages = {
      operations: `${base}/operations`,
      filtered: `${base}/operations?bucket=failed&last=7d&not_type=drift.generate`,
      export: `${base}/operations/export`,
      run: `${base}/runs/${contoso.failed}`,
      partial: `${base}/runs/${contoso.partial}`,
      running: `${base}/runs/${contoso.running}`,
      items: `${base}/runs/${contoso.partial}/items`,
      history: `${base}/runs/${contoso.failed}/history`,
      event: `${base}/runs/${contoso.failed}/history/1`,
      moment: `${base}/runs/${contoso.partial}?at=3`,
      cause: `${base}/runs/${contoso.drift}/cause`,
      compare: `${base}/compare?a=${contoso.inventories[0]}&b=${contoso.partial}`,
      beside: `${base}/runs/${contoso.partial}/beside?side=before`,
      failures: `${base}/failures`,
      inventory: `${base}/inventory`,
      groups: `${base}/groups`,
      exports: `${base}/exports`,
      schedules: `${base}/schedules`,
      newSchedule: `${base}/schedules/new/inventory.sync`,
      schedule: `${base}/schedules/${contoso.schedule}`,
      policies: `${base}/policies`,
      policy: `${base}/policies/${kept.policyKey}`,
      version: `${base}/policies/${kept.policyKey}/snapshots/0`,
      versions: `${base}/policies/${kept.policyKey}/compare`,
      connection: `${base}/connection`,
      drift: `${base}/drift`,
      finding: `${base}/drift/findings/${contoso.findings[0]}`,
      restores: `${base}/restores`,
      fromTenant: `${base}/restores/from-another-tenant`,
      elsewhere: `${base}/restores/from-another-tenant`,
      preview: `${base}/restores/${preview}`,
      plan: `${base}/restores/${preview}/${'1'.repeat(32)}`,
      mapping: `${base}/restores/${preview}/mapping`,
      result: `${base}/restores/${restore}/result`,
      'backup-sets': `${base}/backup-sets`,
      'backup-set': `${base}/backup-sets/${setId}`,
      'back-up': `${base}/back-up`,
      audit: `${base}/audit`,
      notifications: `${base}/notifications`,
      members: `${base}/members`,
      tokens: `${base}/tokens`,
      health: `${base}/health`,
      me: '/me',
      tenants: '/tenants',
      recorded: `${base}/runs/${'0'.repeat(32)}-0?after=99999`,
      missing: `${base}/runs/${'0'.repeat(32)}-0`,
    };
    const walked = Object.values(pages).map((url) => new URL(url, address).pathname);
    for (const page of PAGES) {
      const pattern = new RegExp(`^${base}${page.path.replace(/:\w+/g, '[^/]+')}$`);
      t.ok(
        walked.some((place) => pattern.test(place)),
        `${page.path} is among the pages that are walked`,
      );
    }
    const context = await browserContext(browser, {
      baseURL: address,
      bypassCSP: true,
      reducedMotion: 'reduce',
    });
    const page = await context.newPage();
    // A page that waits for the read models loads itself again, which would end the look at it.
    await page.addInitScript(() =>
      new MutationObserver(() => document.body?.removeAttribute('data-refresh')).observe(document, {
        childList: true,
        subtree: true,
      }),
    );
    const complaints: string[] = [];
    page.on('console', (message) => {
      const expected = /status of 404/.test(message.text());
      if (['error', 'warning'].includes(message.type()) && !expected) complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(error.message));
    const picture = async (name: string, look: Look) => {
      if (folder)
        await page.screenshot({
          path: path.join(folder, `${name}-${look}.png`),
          fullPage: look === 'phone',
        });
    };
    const show = async (look: Look) => {
      const { colorScheme, ...viewport } = LOOKS[look];
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize(viewport);
    };
    await page.goto('/signin');
    for (const look of looks) {
      await show(look);
      await picture('sign-in', look);
    }
    await page.goto(`/signin/dev?person=${contoso.tenant.persons.operator}&token=${site.secret}`);
    for (const [name, url] of Object.entries(pages)) {
      await show('dark');
      const response = await page.goto(url);
      t.equal(response?.status(), STATUS[name] ?? 200, `${name} answers`);
      t.same(await axeViolations(page), [], `axe finds nothing on ${name}`);
      await page.keyboard.press('Tab');
      await page.emulateMedia({ forcedColors: 'active' });
      t.same(await beyondTheKeyboard(page), [], `${name} with the keyboard and forced colours`);
      await page.emulateMedia({ forcedColors: 'none' });
      t.same(await wrongOnPaper(page), [], `${name} on paper`);
      // The other looks differ in styles alone, so the page isn't loaded again for them.
      for (const look of looks) {
        await show(look);
        t.same(await beyondTheWindow(page), [], `${name} fits (${look})`);
        if (look === 'phone') t.same(await axeViolations(page, LOOK_RULES), [], `nor in light on a phone`);
        await picture(name, look);
      }
    }
    t.same(complaints, [], 'the console is quiet');
    t.ok(fabrikam);
  },
);
