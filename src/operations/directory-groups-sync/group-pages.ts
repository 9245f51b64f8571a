import { z } from 'zod';
import { canonicalJson, type JsonObject } from '../../ledger/canonical-json.js';
import { isEvent } from '../../ledger/event-registry.js';
import { type ArtifactAccess, readContent } from '../../snapshots/artifact-access.js';
import type { RunHandle } from '../run-handle.js';
import { GroupPageRead } from './page-events.js';

/** A page that is stored for a later attempt of the same run. */
export interface KeptPage {
  readonly rows: readonly JsonObject[];
  readonly nextLink: string | null;
  readonly deltaLink: string | null;
}

/** How far earlier attempts of a run have come. */
export interface EarlierPages {
  readonly round: number;
  readonly whole: boolean;
  readonly pages: readonly KeptPage[];
}

const schema = z.strictObject({
  rows: z.array(z.record(z.string(), z.json())),
  nextLink: z.string().nullable(),
  deltaLink: z.string().nullable(),
});

/** Stores a page and returns the text by which its event names it. */
export async function keepPage(
  artifacts: Pick<ArtifactAccess, 'put'>,
  tenantId: string,
  page: KeptPage,
): Promise<string> {
  const address = await artifacts.put(tenantId, Buffer.from(canonicalJson(page)));
  return Buffer.from(address, 'hex').toString('base64url');
}

/**
 * The pages of the newest reading of this run; undefined when nothing was read. When a page is gone, because it is
 * older than a day, can't be read or was read from another directory than `source`, the reading has no pages. Errors:
 * those of the ledger and the artifact store.
 */
export async function earlierPages(
  run: Pick<RunHandle, 'history' | 'tenantId'>,
  artifacts: Pick<ArtifactAccess, 'get'>,
  source: string,
): Promise<EarlierPages | undefined> {
  let newest: { round: number; whole: boolean; contents: string[] } | undefined;
  let isOtherSource = false;
  for await (const event of run.history()) {
    if (!isEvent(event, GroupPageRead)) continue;
    const { round, whole, content } = event.data;
    if (newest?.round !== round) newest = { round, whole, contents: [] };
    newest.contents.push(content);
    isOtherSource = (event.data.source ?? source) !== source;
  }
  if (!newest) return undefined;
  if (isOtherSource) return { round: newest.round, whole: true, pages: [] };
  const pages: KeptPage[] = [];
  for (const named of newest.contents) {
    const address = Buffer.from(named, 'base64url').toString('hex');
    const content = await readContent(artifacts, run.tenantId, address);
    if ('loss' in content) return { ...newest, pages: [] };
    pages.push(schema.parse(JSON.parse(Buffer.from(content.bytes).toString('utf8'))) as KeptPage);
  }
  return { ...newest, pages };
}
