import { readFile, writeFile } from 'node:fs/promises';
import { packageRoot } from '../../src/app-version.js';
import { capabilityTables } from './capability-tables.js';
import { connectionTables } from './connection-tables.js';
import { eventTables } from './event-tables.js';
import { fillBlocks } from './generated-blocks.js';
import { lifecycleTables } from './lifecycle-tables.js';
import { policyTypeTables } from './policy-type-tables.js';
import { reasonCodeTables } from './reason-code-tables.js';
import { variableTable } from './variable-table.js';

export interface GeneratedPage {
  /** Path of the page inside the package. */
  readonly file: string;
  /** The texts of its blocks, by block name. */
  blocks(): Record<string, string>;
}

export const GENERATED_PAGES: readonly GeneratedPage[] = [
  { file: 'docs/reason-codes.md', blocks: reasonCodeTables },
  { file: 'docs/policy-types.md', blocks: policyTypeTables },
  { file: 'docs/connecting.md', blocks: connectionTables },
  { file: 'docs/lifecycle.md', blocks: lifecycleTables },
  { file: 'docs/events.md', blocks: eventTables },
  { file: 'docs/security.md', blocks: capabilityTables },
  { file: 'docs/operating.md', blocks: variableTable },
];

/** The page's present text and the text that it should have. */
export async function pageText({ file, blocks }: GeneratedPage): Promise<{ now: string; should: string }> {
  const now = await readFile(`${packageRoot}/${file}`, 'utf8');
  return { now, should: fillBlocks(now, blocks()) };
}

export function writePage({ file }: GeneratedPage, text: string): Promise<void> {
  return writeFile(`${packageRoot}/${file}`, text);
}
