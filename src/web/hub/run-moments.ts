import { sql } from 'kysely';
import { ATTEMPT_EVENTS } from '../../../projections/hub/models/run-events.js';
import { PREPARED } from '../../db/prepared-statements.js';
import { LIMITS } from '../limits.js';
import type { AttemptEvent } from '../view/attempts.js';
import type { HubRead } from './hub-read.js';
import { timeOfEventBefore } from './run-detail.js';
import { firstRevision } from './run-history.js';
import type { RunRow } from './run-order.js';

/** An event of a run as a mark on its time ruler. */
export interface MomentMark {
  readonly revision: number;
  readonly type: string;
  readonly at: number;
}

/** The events of a run that its time ruler marks: all of them, or an even choice when there are too many. */
export async function momentMarks(db: HubRead, run: RunRow): Promise<readonly MomentMark[]> {
  const first = firstRevision(run.run_id);
  const step = Math.max(1, Math.ceil(run.events / LIMITS.momentsMarked));
  const revisions = Array.from({ length: Math.ceil(run.events / step) }, (_, index) => first + index * step);
  return db
    .selectFrom('run_events')
    .select(['revision', 'type', 'at'])
    .where('run_id', '=', run.run_id)
    .where('revision', 'in', [...new Set([...revisions, run.last_revision])])
    .orderBy('revision')
    .execute();
}

/** The events that begin and end a run's attempts, oldest first; only the newest when there are too many. */
export async function attemptEvents(
  db: HubRead,
  runId: string,
  until: number,
): Promise<readonly AttemptEvent[]> {
  const rows = await db
    .selectFrom('run_events')
    .select((select) => ['type', 'at', 'attempt', 'data', timeOfEventBefore(select).as('sign_at')])
    .where('run_id', '=', runId)
    .where('revision', '<=', until)
    .where(sql<boolean>`${sql.raw(ATTEMPT_EVENTS)}`)
    .orderBy('revision', 'desc')
    .limit(LIMITS.attemptsShown)
    .modifyEnd(PREPARED)
    .execute();
  const textOf = (value: unknown) => (typeof value === 'string' ? value : null);
  return rows.reverse().map(({ type, at, attempt, data, sign_at }) => ({
    type,
    at,
    attempt,
    worker: textOf(data.worker),
    reason: textOf(data.reason),
    reasonCode: textOf(data.reasonCode),
    signAt: sign_at ?? at,
  }));
}
