import { type Browser, chromium } from 'playwright-core';
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
