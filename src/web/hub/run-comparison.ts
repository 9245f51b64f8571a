import { sql } from 'kysely';
import type { HubRead } from './hub-read.js';
import { type KeysetPage, keysetPage, type PagePlace } from './keyset.js';
import { itemsIn, ordinalIn } from './run-items.js';

/** How an item of one run compares with the same item of another run, most urgent first. */
export const CHANGE_KINDS = [
  'newly_failing',
  'other_reason',
  'still_failing',
  'fixed',
  'other_outcome',
  'missing',
  'new',
  'same',
] as const;
export type ChangeKind = (typeof CHANGE_KINDS)[number];

/** Two runs of a tenant; `a` is the earlier one, or the one that the reader chose first. */
export interface RunPair {
  readonly a: string;
  readonly b: string;
}

/** An item of two runs. The fields of a run that doesn't have the item are null. */
export type ComparedItem = Awaited<ReturnType<typeof itemsOf>>[number];

/** Larger than every ordinal, so that one number sorts items by kind and then by their place in the runs. */
const ORDINALS = 10_000_000_000;

/** How many items there are of each kind. */
export async function changeCounts(db: HubRead, pair: RunPair): Promise<ReadonlyMap<ChangeKind, number>> {
  const rows = await compared(db, pair)
    .select((select) => ['kind', select.fn.countAll<number>().as('items')])
    .groupBy('kind')
    .execute();
  return new Map(rows.map(({ kind, items }) => [kindAt(kind), items]));
}

/** One page of the items that differ between two runs, or of the items of one kind, cut by `key`. */
export async function listChanges(
  db: HubRead,
  pair: RunPair,
  kind: ChangeKind | undefined,
  place: PagePlace & { readonly limit: number },
): Promise<KeysetPage<ComparedItem>> {
  return keysetPage(place, { limit: place.limit }, (cut) => itemsOf(db, pair, kind, cut));
}

function itemsOf(
  db: HubRead,
  pair: RunPair,
  kind: ChangeKind | undefined,
  { direction, beyond, limit }: Parameters<Parameters<typeof keysetPage>[2]>[0],
) {
  let query = compared(db, pair).selectAll('compared').orderBy('key', direction).limit(limit);
  query = kind
    ? query.where('kind', '=', CHANGE_KINDS.indexOf(kind))
    : query.where('kind', '<>', CHANGE_KINDS.indexOf('same'));
  if (beyond) query = query.where('key', beyond.operator, beyond.key);
  return query.execute();
}

/** The kind with an index of `CHANGE_KINDS`. */
export const kindAt = (index: number): ChangeKind => CHANGE_KINDS[index] ?? 'same';

/** All items of a run, including those that it repeats from earlier runs. */
function everyItem(db: HubRead, runId: string) {
  const ranges = db.selectFrom('run_item_repeats').selectAll().where('run_id', '=', runId);
  const repeated = itemsIn(db, ranges)
    .clearSelect()
    .select(['item_id', 'label', 'outcome', 'reason_code', 'reason'])
    .select(ordinalIn.as('ordinal'));
  return db
    .selectFrom('run_items')
    .where('run_id', '=', runId)
    .select(['item_id', 'label', 'outcome', 'reason_code', 'reason', 'ordinal'])
    .unionAll(repeated);
}

/** The items of both runs side by side, as a table `compared`. */
function compared(db: HubRead, { a, b }: RunPair) {
  const kind = (name: ChangeKind) => sql.lit(CHANGE_KINDS.indexOf(name));
  return db
    .with('a', () => everyItem(db, a))
    .with('b', () => everyItem(db, b))
    .with('paired', (cte) =>
      cte
        .selectFrom('a')
        .fullJoin('b', 'a.item_id', 'b.item_id')
        .select([
          sql<number>`case
            when b.outcome = 'failed' and a.outcome is distinct from 'failed' then ${kind('newly_failing')}
            when b.outcome = 'failed' and a.reason_code is distinct from b.reason_code then ${kind('other_reason')}
            when b.outcome = 'failed' then ${kind('still_failing')}
            when b.outcome is null then ${kind('missing')}
            when a.outcome is null then ${kind('new')}
            when a.outcome = 'failed' then ${kind('fixed')}
            when a.outcome <> b.outcome then ${kind('other_outcome')}
            else ${kind('same')} end`.as('kind'),
          sql<string>`coalesce(b.item_id, a.item_id)`.as('item_id'),
          sql<string>`coalesce(nullif(b.label, ''), a.label, '')`.as('label'),
          'a.ordinal as a_ordinal',
          'a.outcome as a_outcome',
          'a.reason_code as a_code',
          'a.reason as a_reason',
          'b.ordinal as b_ordinal',
          'b.outcome as b_outcome',
          'b.reason_code as b_code',
          'b.reason as b_reason',
        ]),
    )
    .with('compared', (cte) =>
      cte
        .selectFrom('paired')
        .selectAll('paired')
        .select(
          sql<number>`kind * ${sql.lit(ORDINALS)}::bigint
            + coalesce(b_ordinal, ${sql.lit(ORDINALS / 2)}::bigint + a_ordinal)`.as('key'),
        ),
    )
    .selectFrom('compared');
}
