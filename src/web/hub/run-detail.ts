import { type ExpressionBuilder, type RawBuilder, type Selectable, sql } from 'kysely';
import type { HubTables } from '../../../projections/hub/hub-models.js';
import { TIMELINE_EVENTS } from '../../../projections/hub/models/run-events.js';
import { PREPARED } from '../../db/prepared-statements.js';
import { LIMITS } from '../limits.js';
import type { TimelineEvent } from '../view/timeline.js';
import type { HubDatabase } from '../web-dependencies.js';
import type { HubRead } from './hub-read.js';
import type { RunRow } from './run-order.js';

export type RunLinkRow = Selectable<HubTables['run_links']>;

/** A run, or undefined when the tenant has no run with that id. */
export async function findRun(db: HubRead, runId: string): Promise<RunRow | undefined> {
  return db
    .selectFrom('runs')
    .selectAll('runs')
    .where('run_id', '=', runId)
    .modifyEnd(PREPARED)
    .executeTakeFirst();
}

/** Time of a run's last sign of life, milliseconds since 1970, or null when it has none. */
export async function lastBeat(db: HubRead, runId: string): Promise<number | null> {
  const row = await db
    .selectFrom('liveness.beats')
    .select('beat_at')
    .where('run_id', '=', runId)
    .executeTakeFirst();
  return row ? row.beat_at.getTime() : null;
}

/** Times of the last signs of life of several runs. */
export async function lastBeats(
  db: HubRead,
  runIds: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  if (runIds.length === 0) return new Map();
  const rows = await db
    .selectFrom('liveness.beats')
    .select(['run_id', 'beat_at'])
    .where('run_id', 'in', [...runIds])
    .execute();
  return new Map(rows.map(({ run_id, beat_at }) => [run_id, beat_at.getTime()]));
}

export type ReasonGroup = Selectable<HubTables['run_item_reasons']>;

/**
 * Items that failed or were skipped, by reason code, with the first few names of each. The projection maintains the
 * counts.
 */
export async function itemReasons(db: HubRead, runId: string): Promise<readonly ReasonGroup[]> {
  return db
    .selectFrom('run_item_reasons')
    .selectAll()
    .where('run_id', '=', runId)
    .orderBy('outcome')
    .orderBy('items', 'desc')
    .limit(LIMITS.reasonsShown)
    .modifyEnd(PREPARED)
    .execute();
}

/** The events that a run's timeline is drawn from, oldest first. */
export interface TimelineEvents {
  readonly events: readonly TimelineEvent[];
  /** Waits and restarts before this time are left out because there are too many; null when nothing is left out. */
  readonly completeFrom: number | null;
}

/** When the event before an event of the same run was appended. */
export const timeOfEventBefore = (event: ExpressionBuilder<HubDatabase, 'run_events'>) =>
  event
    .selectFrom('run_events as earlier')
    .select('earlier.at')
    .whereRef('earlier.tenant_id', '=', 'run_events.tenant_id')
    .whereRef('earlier.run_id', '=', 'run_events.run_id')
    .whereRef('earlier.revision', '<', 'run_events.revision')
    .orderBy('earlier.revision', 'desc')
    .limit(1);

/**
 * Reads what a run's timeline is drawn from. The run's row holds its first start and its end, so only waits and
 * restarts are read from its events: the newest `timelineEvents` of them.
 */
export async function timelineEvents(db: HubRead, run: RunRow): Promise<TimelineEvents> {
  const rows = await db
    .selectFrom('run_events')
    .select((select) => [
      'type',
      'at',
      'attempt',
      sql<string | null>`data ->> 'until'`.as('until'),
      select.case().when('type', '=', 'RunStarted').then(timeOfEventBefore(select)).end().as('sign_at'),
    ])
    .where('run_id', '=', run.run_id)
    .where(sql<boolean>`${sql.raw(TIMELINE_EVENTS)}`)
    .orderBy('revision', 'desc')
    .limit(LIMITS.timelineEvents + 1)
    .modifyEnd(PREPARED)
    .execute();
  const shown = rows.slice(0, LIMITS.timelineEvents).reverse();
  const between = shown.map(({ type, at, attempt, until, sign_at }) => ({
    type,
    at,
    attempt,
    signAt: sign_at ?? at,
    ...(until === null ? {} : { until: Date.parse(until) }),
  }));
  return {
    events: [...beginningOf(run), ...between, ...(await endOf(db, run))],
    completeFrom: rows.length > shown.length ? (shown[0]?.at ?? null) : null,
  };
}

function beginningOf(run: RunRow): readonly TimelineEvent[] {
  const queued = { type: 'RunQueued', at: run.created_at, attempt: null };
  return run.started_at === null
    ? [queued]
    : [queued, { type: 'RunStarted', at: run.started_at, attempt: 1 }];
}

async function endOf(db: HubRead, run: RunRow): Promise<readonly TimelineEvent[]> {
  if (run.finished_at === null) return [];
  const workerLost = run.reason_code === 'worker_lost';
  const sign = workerLost
    ? await db
        .selectFrom('run_events')
        .select('at')
        .where('run_id', '=', run.run_id)
        .where('revision', '<', run.last_revision)
        .orderBy('revision', 'desc')
        .limit(1)
        .executeTakeFirst()
    : undefined;
  const at = run.finished_at;
  return [{ type: 'RunCompleted', at, attempt: run.attempt, signAt: sign?.at ?? at, workerLost }];
}

export interface RelatedLinks {
  readonly own: readonly RunLinkRow[];
  /** Links of other runs to this run, with the title of the other run. */
  readonly incoming: readonly {
    readonly runId: string;
    readonly relation: string;
    readonly title: string;
    readonly number: number;
  }[];
  readonly causedBy: { readonly runId: string; readonly title: string; readonly number: number } | null;
  readonly caused: readonly { readonly runId: string; readonly title: string; readonly number: number }[];
  readonly asks: readonly Selectable<HubTables['run_asks']>[];
}

/** The relation of a run to the run that caused it. The run's row names that run as well. */
const CAUSED_BY = 'caused_by';

/** A moment of a run: the position of its last event then, and its time. */
interface Until {
  readonly position: number;
  readonly at: number;
}

/** A moment after every real one. */
const NO_LIMIT: Until = { position: Number.MAX_SAFE_INTEGER, at: Number.MAX_SAFE_INTEGER };

/**
 * Everything that a run links to and that links to it. `mayRead` is the condition for the runs that the reader may
 * open; other runs are not named. `until` leaves out what came after a moment of the run.
 */
export async function relatedOf(
  db: HubRead,
  run: RunRow,
  mayRead: RawBuilder<boolean>,
  until: Until = NO_LIMIT,
): Promise<RelatedLinks> {
  const related: RelatedRead = { db, mayRead, until };
  const [own, incoming, causes, caused, asks] = await Promise.all([
    ownLinks(related, run.run_id),
    incomingLinks(related, run.run_id),
    run.caused_by_run_id ? runsWhere(related, 'run_id', run.caused_by_run_id) : [],
    runsWhere(related, 'caused_by_run_id', run.run_id),
    asksFor(related, run.run_id),
  ]);
  return { own, incoming, causedBy: causes[0] ?? null, caused, asks };
}

interface RelatedRead {
  readonly db: HubRead;
  readonly mayRead: RawBuilder<boolean>;
  readonly until: Until;
}

const runsWhere = (
  { db, mayRead, until }: RelatedRead,
  column: 'run_id' | 'caused_by_run_id',
  runId: string,
) =>
  db
    .selectFrom('runs')
    .select(['run_id as runId', 'title', 'queued_position as number'])
    .where(column, '=', runId)
    .where('queued_position', '<=', until.position)
    .where(mayRead)
    .orderBy('queued_position')
    .limit(LIMITS.relatedShown)
    .modifyEnd(PREPARED)
    .execute();

/** The links of the run itself, without those to runs that the reader may not open. */
const ownLinks = ({ db, mayRead, until }: RelatedRead, runId: string): Promise<RunLinkRow[]> =>
  db
    .selectFrom('run_links')
    .selectAll('run_links')
    .where('run_links.run_id', '=', runId)
    .where('relation', '<>', CAUSED_BY)
    .where('position', '<=', until.position)
    .where((where) =>
      where.or([
        where('target_kind', '<>', 'run'),
        where.exists(
          where
            .selectFrom('runs')
            .select('runs.run_id')
            .whereRef('runs.run_id', '=', 'run_links.target_id')
            .where(mayRead),
        ),
      ]),
    )
    .orderBy('position')
    .limit(LIMITS.relatedShown)
    .modifyEnd(PREPARED)
    .execute();

const incomingLinks = ({ db, mayRead, until }: RelatedRead, runId: string) =>
  db
    .selectFrom('run_links')
    .innerJoin('runs', (join) =>
      join.onRef('runs.tenant_id', '=', 'run_links.tenant_id').onRef('runs.run_id', '=', 'run_links.run_id'),
    )
    .select(['runs.run_id as runId', 'relation', 'runs.title', 'runs.queued_position as number'])
    .where('target_kind', '=', 'run')
    .where('target_id', '=', runId)
    .where('run_links.run_id', '<>', runId)
    .where('relation', '<>', CAUSED_BY)
    .where('position', '<=', until.position)
    .where(mayRead)
    .orderBy('runs.queued_position', 'desc')
    .limit(LIMITS.relatedShown)
    .modifyEnd(PREPARED)
    .execute();

/** Who asked to start the run while it was active. */
const asksFor = ({ db, until }: RelatedRead, runId: string) =>
  db
    .selectFrom('run_asks')
    .selectAll()
    .where('run_id', '=', runId)
    .where('at', '<=', until.at)
    .orderBy('at')
    .limit(LIMITS.relatedShown)
    .modifyEnd(PREPARED)
    .execute();
