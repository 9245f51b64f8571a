import type { HubRead } from '../hub/hub-read.js';
import { findEvent, firstRevision } from '../hub/run-history.js';
import { type Given, givenInWords, idsGiven, type NamesById } from '../view/given.js';

/** What a run was given, field by field. What it links to and its items have their names. */
export async function givenOf(db: HubRead, runId: string): Promise<readonly Given[]> {
  const queued = await findEvent(db, runId, firstRevision(runId));
  const input = queued?.data.input;
  return givenInWords(input, await namesIn(db, runId, idsGiven(input)));
}

async function namesIn(db: HubRead, runId: string, ids: readonly string[]): Promise<NamesById> {
  if (ids.length === 0) return new Map();
  const links = await db
    .selectFrom('run_links')
    .select(['target_id as id', 'label'])
    .where('run_id', '=', runId)
    .where('target_id', 'in', [...ids])
    .execute();
  const items = await db
    .selectFrom('run_items')
    .select(['item_id as id', 'label'])
    .where('run_id', '=', runId)
    .where('item_id', 'in', [...ids])
    .execute();
  return new Map([...items, ...links].map(({ id, label }) => [id, label]));
}
