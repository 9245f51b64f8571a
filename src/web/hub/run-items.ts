import {
  type Expression,
  type ExpressionBuilder,
  type Selectable,
  type SelectQueryBuilder,
  type SqlBool,
  sql,
} from 'kysely';
import type { HubTables } from '../../../projections/hub/hub-models.js';
import type { RunItemRow } from '../../../projections/hub/models/run-items.js';
import type { ItemOutcome } from '../../runs/run-events.js';
import type { HubDatabase } from '../web-dependencies.js';
import { containing } from './containing.js';
import type { HubRead } from './hub-read.js';
import { type KeysetPage, keysetPage, type PageCut, type PagePlace } from './keyset.js';

export type { RunItemRow } from '../../../projections/hub/models/run-items.js';

export interface ItemFilter {
  readonly outcome?: ItemOutcome['outcome'] | undefined;
  readonly reason?: string | undefined;
  /** A text in the item's label or in one of its ids. */
  readonly q?: string | undefined;
}

/** One page of a run's items in the order in which they were recorded, cut by ordinal. Repeated items are included. */
export async function listItems(
  db: HubRead,
  runId: string,
  filter: ItemFilter,
  place: PagePlace & { readonly limit: number },
): Promise<KeysetPage<RunItemRow>> {
  return keysetPage(place, { limit: place.limit }, async (cut) => {
    const recorded = await recordedItems(db, runId, filter, cut);
    const repeated = await repeatedItems(db, runId, filter, cut);
    if (repeated.length === 0) return recorded;
    const sign = cut.direction === 'asc' ? 1 : -1;
    return [...recorded, ...repeated]
      .sort((one, other) => sign * (one.ordinal - other.ordinal))
      .slice(0, cut.limit);
  });
}

/** One page of items that are in memory, such as those of a run as it was at an earlier moment. */
export async function pageOfItems(
  items: readonly RunItemRow[],
  { outcome, reason, q = '' }: ItemFilter,
  place: PagePlace & { readonly limit: number },
): Promise<KeysetPage<RunItemRow>> {
  const text = q.toLowerCase();
  const matching = items.filter(
    (item) =>
      (!outcome || item.outcome === outcome) &&
      (!reason || item.reason_code === reason) &&
      [item.label, item.item_id, item.subject_id ?? ''].some((part) => part.toLowerCase().includes(text)),
  );
  return keysetPage(place, { limit: place.limit }, async ({ direction, beyond, limit }) => {
    const cut = matching.filter(
      ({ ordinal }) => !beyond || (beyond.operator === '>' ? ordinal > beyond.key : ordinal < beyond.key),
    );
    return (direction === 'asc' ? cut : cut.reverse()).slice(0, limit);
  });
}

async function recordedItems(
  db: HubRead,
  runId: string,
  { outcome, reason, q }: ItemFilter,
  { direction, beyond, limit }: PageCut,
): Promise<RunItemRow[]> {
  let query = db
    .selectFrom('run_items')
    .selectAll()
    .where('run_id', '=', runId)
    .orderBy('ordinal', direction)
    .limit(limit);
  if (beyond) query = query.where('ordinal', beyond.operator, beyond.key);
  if (outcome) query = query.where('outcome', '=', outcome);
  if (reason) query = query.where('reason_code', '=', reason);
  if (q) query = query.where((where) => contains(where, q));
  return query.execute();
}

/** Items that another run recorded and this run repeats. All of them succeeded. */
async function repeatedItems(
  db: HubRead,
  runId: string,
  { outcome, reason, q }: ItemFilter,
  { direction, beyond, limit }: PageCut,
): Promise<RunItemRow[]> {
  if (reason || (outcome && outcome !== 'succeeded')) return [];
  let ranges = db
    .selectFrom('run_item_repeats')
    .selectAll()
    .where('run_id', '=', runId)
    .orderBy('first_ordinal', direction);
  if (beyond)
    ranges = ranges.where(
      beyond.operator === '>' ? 'last_ordinal' : 'first_ordinal',
      beyond.operator,
      beyond.key,
    );
  // Each range has at least one item, so no more ranges than this are needed.
  if (!q) ranges = ranges.limit(limit);
  let query = itemsIn(db, ranges).orderBy(ordinalIn, direction).limit(limit);
  if (beyond) query = query.where(ordinalIn, beyond.operator, beyond.key);
  if (q) query = query.where((where) => contains(where, q));
  return query.execute();
}

/** All items that a run had repeated up to a revision, in the order of its items. */
export async function repeatedUntil(db: HubRead, runId: string, revision: number): Promise<RunItemRow[]> {
  const ranges = db
    .selectFrom('run_item_repeats')
    .selectAll()
    .where('run_id', '=', runId)
    .where('revision', '<=', revision);
  return itemsIn(db, ranges).orderBy(ordinalIn).execute();
}

/** The item's ordinal in the run that repeats it. */
export const ordinalIn = sql<number>`repeat.first_ordinal + run_items.ordinal - repeat.origin_ordinal`;

/** SQL: whether an item of `run_items` is one of those that a range `repeat` repeats. */
export const isRepeated = sql<boolean>`run_items.tenant_id = repeat.tenant_id
  and run_items.run_id = repeat.origin_run_id
  and run_items.ordinal between repeat.origin_ordinal
  and repeat.origin_ordinal + repeat.last_ordinal - repeat.first_ordinal`;

/** The items of ranges, as items of the run that repeats them. */
export function itemsIn(
  db: HubRead,
  ranges: SelectQueryBuilder<HubDatabase, 'run_item_repeats', Selectable<HubTables['run_item_repeats']>>,
) {
  return db
    .selectFrom(ranges.as('repeat'))
    .innerJoin('run_items', (join) => join.on(isRepeated))
    .selectAll('run_items')
    .select(['repeat.run_id', 'repeat.attempt', 'repeat.at', 'repeat.revision', 'repeat.position'])
    .select(ordinalIn.as('ordinal'));
}

function contains(where: ExpressionBuilder<HubTables, 'run_items'>, q: string): Expression<SqlBool> {
  const pattern = containing(q);
  return where.or([
    where('run_items.label', 'ilike', pattern),
    where('run_items.item_id', 'ilike', pattern),
    where('run_items.subject_id', 'ilike', pattern),
  ]);
}
