import { type Browser, type BrowserContext, type BrowserContextOptions, chromium } from 'playwright-core';
import { chromiumPath } from './system-parts.js';

interface Teardown {
  teardown(end: () => Promise<void>): void;
}

/** Starts Chromium with a new profile and closes it at teardown. */
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

/** Much longer than a busy machine needs. A wait that never ends still ends the test. */
const PATIENCE_MS = 120_000;

/** A new context in the browser, with time limits that suit a busy machine. */
export async function browserContext(
  browser: Browser,
  options: BrowserContextOptions = {},
): Promise<BrowserContext> {
  const context = await browser.newContext(options);
  context.setDefaultTimeout(PATIENCE_MS);
  return context;
}
