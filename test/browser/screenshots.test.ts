import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import type { Page } from 'playwright-core';
import t from 'tap';
import { PAGES } from '../../src/web/pages/pages.js';
import { browserContext, testBrowser } from '../support/browser.js';
import { skipWithoutChromium } from '../support/system-parts.js';
import { axeViolations } from './axe-violations.js';
import {
  cutOffMenus,
  keyboardProblems,
  overlappingTexts,
  printProblems,
  tabProblems,
} from './page-checks.js';
import { wholeSite } from './whole-site.js';
import { filtersWithoutScripts } from './without-scripts.js';

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
/** The pages through which every test goes with the Tab key; the long tests go through all of them. */
const TABBED = ['operations', 'history', 'drift', 'policies', 'mapping', 'tenants'];
/** Statuses of pages that don't answer 200. */
const STATUS: Readonly<Record<string, number>> = { missing: 404 };

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
    const whole = await wholeSite(t);
    const { site, contoso, address, base, pages } = whole;
    const browser = await testBrowser(t);
    const folder = process.env.SCREENSHOTS;
    if (folder) await mkdir(folder, { recursive: true });
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
      t.same(await keyboardProblems(page), [], `${name} with the keyboard and forced colours`);
      await page.emulateMedia({ forcedColors: 'none' });
      // The other looks differ in styles alone, so the page isn't loaded again for them.
      for (const look of looks) {
        if (look !== 'dark') await show(look);
        t.same(await beyondTheWindow(page), [], `${name} fits (${look})`);
        t.same(await cutOffMenus(page), [], `so do the menus of ${name} (${look})`);
        if (look === 'tablet' || look === 'small')
          t.same(await overlappingTexts(page), [], `no text of ${name} lies over another (${look})`);
        if (look === 'phone') t.same(await axeViolations(page, LOOK_RULES), [], `nor in light on a phone`);
        await picture(name, look);
      }
      if (name === 'failures')
        for (const look of ['dark', 'phone'] as const) {
          await show(look);
          await page.locator('.tenant-menu > summary').click();
          const wrong = await axeViolations(page, ['target-size']);
          t.same(wrong, [], `the open menu of tenants covers no part of a link (${look})`);
          await page.locator('.tenant-menu > summary').click();
        }
      t.same(await printProblems(page), [], `${name} on paper`);
      if (process.env.OPSLEDGER_LONG || TABBED.includes(name))
        for (const width of [1280, 390]) {
          await page.setViewportSize({ width, height: 360 });
          await page.goto(url);
          t.same(await tabProblems(page), [], `${name} with the Tab key in ${width} px`);
        }
    }
    t.same(complaints, [], 'the console is quiet');
    await page.close();
    await t.test('filters without JavaScript', (t) => filtersWithoutScripts(t, whole, browser));
  },
);
