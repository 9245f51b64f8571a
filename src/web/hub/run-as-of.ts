import { createRowSets, foldEvent } from '../../../projections/engine/fold-batch.js';
import { runItemReasons } from '../../../projections/hub/models/run-item-reasons.js';
import { runItems } from '../../../projections/hub/models/run-items.js';
import { runs } from '../../../projections/hub/models/runs.js';
import { DamagedEventError, type EventRegistry, UnknownEventError } from '../../ledger/event-registry.js';
import { streamOfRun } from '../../runs/run-streams.js';
import { LIMITS } from '../limits.js';
import { WebError } from '../web-error.js';
import type { HubRead } from './hub-read.js';
import type { ReasonGroup } from './run-detail.js';
import { firstRevision, historyPart } from './run-history.js';
import { type RunItemRow, repeatedUntil } from './run-items.js';
import type { RunRow } from './run-order.js';

/** A run as it was after one of its events. */
export interface RunAsOf {
  readonly run: RunRow;
  /** In the order in which they were recorded. */
  readonly items: readonly RunItemRow[];
  readonly reasons: readonly ReasonGroup[];
  /** When that event happened, milliseconds since 1970. */
  readonly at: number;
  /** The event's revision, and its number inside the run from 1. */
  readonly revision: number;
  readonly number: number;
}

/** An event of a run that this program can't read, so that the run can't be shown as it was after it. */
export interface UnreadEvent {
  readonly type: string;
  readonly revision: number;
  /** Its number inside the run from 1. */
  readonly number: number;
  /** Whether a newer program wrote it; otherwise it is damaged. */
  readonly isNewer: boolean;
}

/** A moment of a run, as an address names it: a revision of its stream, or a time. */
export type Moment = { readonly revision: number } | { readonly time: number };

/** The models that the page of a run shows, in the order of the projection. */
const RUN_MODELS = [runItems, runItemReasons, runs] as const;

/**
 * A run as it was at a moment, folded from the copy of its events by the models of the projection, or the first event
 * before that moment that can't be read. Undefined for a moment before its first event. Errors: WebError `bad_request`
 * for a run with more events than a page can fold.
 */
export async function runAsOf(
  db: HubRead,
  decode: EventRegistry['decode'],
  run: RunRow,
  moment: Moment,
): Promise<RunAsOf | { readonly unread: UnreadEvent } | undefined> {
  const until = await revisionAt(db, run, moment);
  const first = firstRevision(run.run_id);
  if (until === undefined || until < first) return undefined;
  if (until - first >= LIMITS.eventsFolded)
    throw new WebError(
      'bad_request',
      'This run has too many events before that moment to be folded for a page. Its history has each of them.',
    );
  const rows = createRowSets(RUN_MODELS);
  const stream = streamOfRun(run.tenant_id, run.run_id);
  for (let from = first; from <= until; from += LIMITS.eventsFoldedAtOnce) {
    const limit = Math.min(LIMITS.eventsFoldedAtOnce, until - from + 1);
    const events = await historyPart(db, run.run_id, { past: from - 1, upTo: run.last_position, limit });
    for (const event of events)
      try {
        foldEvent(RUN_MODELS, decode({ ...event, stream }), rows);
      } catch (error) {
        const isNewer = error instanceof UnknownEventError;
        if (!isNewer && !(error instanceof DamagedEventError)) throw error;
        const { type, revision } = event;
        return { unread: { type, revision, number: revision - first + 1, isNewer } };
      }
  }
  const [then] = rows.of(runs.table).changes().put;
  const items = [...rows.of(runItems.table).changes().put, ...(await repeatedUntil(db, run.run_id, until))];
  return (
    then && {
      run: then,
      items: items.sort((one, other) => one.ordinal - other.ordinal),
      reasons: rows.of(runItemReasons.table).changes().put,
      at: then.last_at,
      revision: until,
      number: until - first + 1,
    }
  );
}

/** The revision of the last event that the run had at a moment. */
async function revisionAt(db: HubRead, run: RunRow, moment: Moment): Promise<number | undefined> {
  if ('revision' in moment) return Math.min(moment.revision, run.last_revision);
  const event = await db
    .selectFrom('run_events')
    .select('revision')
    .where('run_id', '=', run.run_id)
    .where('at', '<=', moment.time)
    .orderBy('revision', 'desc')
    .limit(1)
    .executeTakeFirst();
  return event?.revision;
}
