import { type Browser, type BrowserContext, type BrowserContextOptions, chromium } from 'playwright-core';
import { chromiumPath } from './system-parts.js';

interface Teardown {
  teardown(end: () => Promise<void>): void;
}

/** Chromium, with a profile of its own, closed at teardown. */
export async function testBrowser(t: Teardown): Promise<Browser> {
  const executablePath = chromiumPath();
  if (!executablePath) throw new Error('there is no Chromium; skip the test with skipWithoutChromium()');
  const browser = await chromium.launch({
    executablePath,
    env: { ...process.env, NODE_OPTIONS: '' },
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
    ],
  });
  t.teardown(() => browser.close());
  return browser;
}

/** Far beyond what a busy machine takes; a wait that never ends still ends the test. */
const PATIENCE_MS = 120_000;

/** A context of its own in the browser, with the patience that a busy machine needs. */
export async function browserContext(
  browser: Browser,
  options: BrowserContextOptions = {},
): Promise<BrowserContext> {
  const context = await browser.newContext(options);
  context.setDefaultTimeout(PATIENCE_MS);
  return context;
}
