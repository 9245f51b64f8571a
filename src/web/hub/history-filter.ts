import { type ExpressionBuilder, type SqlBool, sql } from 'kysely';
import { LIMITS } from '../limits.js';
import type { HubDatabase } from '../web-dependencies.js';
import { containing } from './containing.js';
import type { HubRead } from './hub-read.js';
import { isRepeated } from './run-items.js';
import type { RunRow } from './run-order.js';

/** The filters of a run's history. All of them are in the address. */
export interface HistoryFilter {
  readonly type: readonly string[];
  readonly not_type: readonly string[];
  /** Id of an item that the events are about. */
  readonly item?: string | undefined;
  readonly reason?: string | undefined;
  /** Only events about a failure. */
  readonly failed?: 'only' | undefined;
  /** A text in an event's data. */
  readonly q?: string | undefined;
}

/** Whether the filter leaves anything out. */
export const isNarrowed = ({ type, not_type, item, reason, failed, q }: HistoryFilter): boolean =>
  type.length + not_type.length > 0 || [item, reason, failed, q].some((value) => value !== undefined);

type Where = ExpressionBuilder<HubDatabase, 'run_events'>;

/** The condition on `run_events` for a filter. */
export function matching(where: Where, runId: string, filter: HistoryFilter) {
  const { type, not_type, item, reason, failed, q } = filter;
  return where.and([
    ...(type.length > 0 ? [where('run_events.type', 'in', [...type])] : []),
    ...(not_type.length > 0 ? [where('run_events.type', 'not in', [...not_type])] : []),
    ...(item !== undefined
      ? [
          where.or([
            recorded(where, runId, 'item_id', item),
            repeated(where, runId, item),
            sql<SqlBool>`data ->> 'itemId' = ${item}`,
          ]),
        ]
      : []),
    ...(reason !== undefined
      ? [
          where.or([
            recorded(where, runId, 'reason_code', reason),
            sql<SqlBool>`data ->> 'reasonCode' = ${reason}`,
          ]),
        ]
      : []),
    ...(failed ? [isFailure(where, runId)] : []),
    ...(q !== undefined ? [sql<SqlBool>`data::text ilike ${containing(q)}`] : []),
  ]);
}

/** Whether an event recorded an item with this value. */
const recorded = (
  where: Where,
  runId: string,
  column: 'item_id' | 'reason_code' | 'outcome',
  value: string,
) =>
  where(
    'run_events.revision',
    'in',
    where
      .selectFrom('run_items')
      .select('run_items.revision')
      .where('run_items.run_id', '=', runId)
      .where(`run_items.${column}`, '=', value),
  );

/** Whether an event repeated the item of an earlier run. */
const repeated = (where: Where, runId: string, itemId: string) =>
  where(
    'run_events.revision',
    'in',
    where
      .selectFrom('run_item_repeats as repeat')
      .innerJoin('run_items', (join) => join.on(isRepeated))
      .select('repeat.revision')
      .where('repeat.run_id', '=', runId)
      .where('run_items.item_id', '=', itemId),
  );

const isFailure = (where: Where, runId: string) =>
  where.or([
    where('run_events.type', 'in', ['RunFailed', 'RunAborted']),
    recorded(where, runId, 'outcome', 'failed'),
    sql<SqlBool>`(run_events.type = 'EffectSettled' and data ->> 'outcome' in ('refused', 'ambiguous'))`,
  ]);

/** How many events of a run each filter would show; null when the run has too many events to count them. */
export interface HistoryCounts {
  readonly types: readonly { readonly type: string; readonly events: number | null }[];
  readonly reasons: readonly { readonly reason: string; readonly events: number | null }[];
  readonly failed: number | null;
}

/**
 * The types and reasons that a history can be filtered by, and how many events have them. For a run with more events
 * than `LIMITS.eventsCounted` they come from its first and last events and from the counted reasons of its items.
 */
export async function historyCounts(db: HubRead, run: RunRow): Promise<HistoryCounts> {
  return run.events > LIMITS.eventsCounted ? filtersOfLong(db, run) : filtersOfShort(db, run.run_id);
}

async function filtersOfLong(db: HubRead, { run_id, last_revision, events }: RunRow): Promise<HistoryCounts> {
  const first = last_revision - events + 1;
  const half = LIMITS.eventsCounted / 2;
  const between = (from: number, to: number) =>
    db
      .selectFrom('run_events')
      .select(['type', sql<string | null>`data ->> 'reasonCode'`.as('reason')])
      .where('run_id', '=', run_id)
      .where('revision', '>=', from)
      .where('revision', '<=', to);
  // The union leaves duplicates out.
  const named = await between(first, first + half - 1)
    .union(between(last_revision - half + 1, last_revision))
    .execute();
  const ofItems = await db
    .selectFrom('run_item_reasons')
    .select('reason_code as reason')
    .distinct()
    .where('run_id', '=', run_id)
    .execute();
  const inOrder = (texts: readonly (string | null)[]) =>
    [...new Set(texts.flatMap((text) => text ?? []))].sort();
  return {
    types: inOrder(named.map(({ type }) => type)).map((type) => ({ type, events: null })),
    reasons: inOrder([...named, ...ofItems].map(({ reason }) => reason)).map((reason) => ({
      reason,
      events: null,
    })),
    failed: null,
  };
}

async function filtersOfShort(db: HubRead, runId: string): Promise<HistoryCounts> {
  const types = await db
    .selectFrom('run_events')
    .select((where) => [
      'type',
      where.fn.countAll<number>().as('events'),
      where.fn.countAll<number>().filterWhere(isFailure(where, runId)).as('failed'),
    ])
    .where('run_id', '=', runId)
    .groupBy('type')
    .orderBy('type')
    .execute();
  const reasons = await db
    .selectFrom((from) =>
      from
        .selectFrom('run_items')
        .select(['revision', 'reason_code as reason'])
        .where('run_id', '=', runId)
        .where('reason_code', 'is not', null)
        .union(
          from
            .selectFrom('run_events')
            .select(['revision', sql<string | null>`data ->> 'reasonCode'`.as('reason')])
            .where('run_id', '=', runId)
            .where(sql`data ->> 'reasonCode'`, 'is not', null),
        )
        .as('named'),
    )
    .select((select) => ['reason', select.fn.countAll<number>().as('events')])
    .groupBy('reason')
    .orderBy('events', 'desc')
    .orderBy('reason')
    .$narrowType<{ reason: string }>()
    .execute();
  return {
    types: types.map(({ type, events }) => ({ type, events })),
    reasons,
    failed: types.reduce((sum, { failed }) => sum + failed, 0),
  };
}
