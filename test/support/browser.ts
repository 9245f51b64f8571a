import { type Browser, type BrowserContext, type BrowserContextOptions, chromium } from 'playwright-core';
import root from 'tap';
import { chromiumPath } from './system-parts.js';

interface Teardown {
  teardown(end: () => Promise<void>): void;
}

let browser: Promise<Browser> | undefined;

/**
 * The Chromium of this test process, which is started on first use. At teardown the contexts that are open by then are
 * closed, so tests of one process must use it one after another.
 */
export async function testBrowser(t: Teardown): Promise<Browser> {
  browser ??= startBrowser();
  const shared = await browser;
  t.teardown(async () => {
    for (const context of shared.contexts()) await context.close();
  });
  return shared;
}

async function startBrowser(): Promise<Browser> {
  const executablePath = chromiumPath();
  if (!executablePath) throw new Error('there is no Chromium; skip the test with skipWithoutChromium()');
  const started = await chromium.launch({
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
  root.teardown(() => started.close());
  return started;
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
