import type { Selectable } from 'kysely';
import type { HubTables } from '../../../projections/hub/hub-models.js';
import type { ItemOutcome } from '../../runs/run-events.js';
import { containing } from './containing.js';
import type { HubRead } from './hub-read.js';
import { type KeysetPage, keysetPage, type PagePlace } from './keyset.js';

export type RunItemRow = Selectable<HubTables['run_items']>;

export interface ItemFilter {
  readonly outcome?: ItemOutcome['outcome'] | undefined;
  readonly reason?: string | undefined;
  /** A text that stands in the item's label or in one of its ids. */
  readonly q?: string | undefined;
}

/** One page of a run's items in the order of their recording, cut by ordinal. */
export async function listItems(
  db: HubRead,
  runId: string,
  { outcome, reason, q }: ItemFilter,
  place: PagePlace & { readonly limit: number },
): Promise<KeysetPage<RunItemRow>> {
  return keysetPage(place, { limit: place.limit }, ({ direction, beyond, limit }) => {
    let query = db
      .selectFrom('run_items')
      .selectAll()
      .where('run_id', '=', runId)
      .orderBy('ordinal', direction)
      .limit(limit);
    if (beyond) query = query.where('ordinal', beyond.operator, beyond.key);
    if (outcome) query = query.where('outcome', '=', outcome);
    if (reason) query = query.where('reason_code', '=', reason);
    if (q) {
      const pattern = containing(q);
      query = query.where((where) =>
        where.or([
          where('label', 'ilike', pattern),
          where('item_id', 'ilike', pattern),
          where('subject_id', 'ilike', pattern),
        ]),
      );
    }
    return query.execute();
  });
}

/** The same of items that are in memory, such as those of a run as it stood at an earlier moment. */
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
