import type { HubRead } from '../hub/hub-read.js';
import { findEvent, firstRevision } from '../hub/run-history.js';
import { type Given, givenInWords, idsGiven, type NamesById } from '../view/given.js';

/** What a run was given. */
export interface RunGiven {
  /** Field by field. What the run links to and its items have their names. */
  readonly fields: readonly Given[];
  /** Whether the run's first event tells its input, as it does since inputs are recorded. */
  readonly isRecorded: boolean;
}

/** Reads what a run was given from its first event. */
export async function givenOf(db: HubRead, runId: string): Promise<RunGiven> {
  const queued = await findEvent(db, runId, firstRevision(runId));
  const input = queued?.data.input;
  const fields = givenInWords(input, await namesIn(db, runId, idsGiven(input)));
  return { fields, isRecorded: input !== undefined && input !== null };
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
