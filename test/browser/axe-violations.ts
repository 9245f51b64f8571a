import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { AxeResults } from 'axe-core';
import type { Page } from 'playwright-core';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

/**
 * The rules of axe that a page breaks, each with the first element that breaks it. They are those of WCAG 2.2 AA and of
 * good practice, or the given ones.
 */
export async function axeViolations(page: Page, rules = RULES): Promise<readonly string[]> {
  if (!(await page.evaluate(() => 'axe' in globalThis))) await page.evaluate(AXE);
  const results = (await page.evaluate(
    (runOnly) => Object(globalThis).axe.run(document, { runOnly, resultTypes: ['violations'] }),
    rules,
  )) as AxeResults;
  if (results.passes.length === 0) return ['axe looked at nothing'];
  return results.violations.map(
    ({ id, nodes: [node] }) => `${id}: ${node?.html.slice(0, 160)} ${node?.failureSummary?.slice(0, 200)}`,
  );
}
