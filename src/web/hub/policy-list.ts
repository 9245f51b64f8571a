import type { Selectable } from 'kysely';
import { z } from 'zod';
import type { HubTables } from '../../../projections/hub/hub-models.js';
import { optionalField } from '../optional-field.js';
import type { HubRead } from './hub-read.js';
import { type FoundFacets, groupsFor, hasFacet, settingsFor } from './policy-facets.js';
import { policyPlace, policyPlaceOf, readPolicyPlace } from './policy-place.js';
import { hasWords } from './policy-words.js';
import { isRepeated } from './run-items.js';
import { type RunSearch, runSearch } from './run-search.js';

export type PolicyListRow = Selectable<HubTables['policies']>;

export const POLICY_ORDERS = ['name', 'changed'] as const;

export const policyFiltersSchema = z.object({
  /** Words of the name, or an id. */
  q: optionalField(z.string().trim().max(200)),
  type: optionalField(z.string().max(100)),
  /** Words of a setting's name or path. */
  setting: optionalField(z.string().trim().max(200)),
  /** Part of a group's name, or its id. */
  group: optionalField(z.string().trim().max(200)),
  sort: optionalField(z.enum(POLICY_ORDERS)),
  past: optionalField(policyPlace),
  before: optionalField(policyPlace),
});
export type PolicyFilters = z.infer<typeof policyFiltersSchema>;

export interface PolicyPage {
  readonly rows: readonly PolicyListRow[];
  readonly hasMore: boolean;
  readonly hasBefore: boolean;
}

/** The place of a row in a list. */
export const placeOf = (row: PolicyListRow, { sort }: PolicyFilters): string =>
  policyPlaceOf(row.policy_key, sort === 'changed' ? row.changed_position : row.name_order);

/** What the texts of a filter match in this tenant. */
export interface PolicySearch {
  readonly name: RunSearch;
  /** Null where the filter names none. */
  readonly setting: FoundFacets | null;
  readonly group: FoundFacets | null;
}

/** Looks up the words, settings and groups that a filter names. */
export async function policySearch(db: HubRead, filters: PolicyFilters): Promise<PolicySearch> {
  const { q, setting, group } = filters;
  return {
    name: await runSearch(db, q, 'policy_terms'),
    setting: setting === undefined ? null : await settingsFor(db, setting),
    group: group === undefined ? null : await groupsFor(db, group),
  };
}

/** One page of policies by name, or by their last change with the newest first. */
export async function listPolicies(
  db: HubRead,
  filters: PolicyFilters,
  { name, setting, group }: PolicySearch,
  limit: number,
): Promise<PolicyPage> {
  const { past, before, type, sort = 'name' } = filters;
  const backwards = past === undefined && before !== undefined;
  const column = sort === 'changed' ? 'changed_position' : 'name_order';
  const direction = (sort === 'changed') === backwards ? 'asc' : 'desc';
  let query = db
    .selectFrom('policies')
    .selectAll()
    .orderBy(column, direction)
    .orderBy('policy_key', direction)
    .limit(limit + 1);
  if (type) query = query.where('policy_type', '=', type);
  query = query.where((where) => hasWords(where, name.words));
  for (const found of [setting, group]) if (found) query = query.where((where) => hasFacet(where, found));
  const cut = past ?? before;
  if (cut !== undefined) {
    const { key, order } = readPolicyPlace(cut);
    query = query.where((where) =>
      where(
        where.refTuple(column, 'policy_key'),
        direction === 'asc' ? '>' : '<',
        where.tuple(sort === 'changed' ? Number(order) || 0 : order, key),
      ),
    );
  }
  const found = await query.execute();
  const more = found.length > limit;
  const rows = found.slice(0, limit);
  return backwards
    ? { rows: rows.reverse(), hasMore: true, hasBefore: more }
    : { rows, hasMore: more, hasBefore: past !== undefined };
}

/** One policy, or undefined. */
export function findPolicy(db: HubRead, policyKey: string): Promise<PolicyListRow | undefined> {
  return db.selectFrom('policies').selectAll().where('policy_key', '=', policyKey).executeTakeFirst();
}

/** Which of these keys belong to policies that the hub knows. */
export async function knownPolicies(db: HubRead, keys: readonly string[]): Promise<ReadonlySet<string>> {
  if (keys.length === 0) return new Set();
  const rows = await db
    .selectFrom('policies')
    .select('policy_key')
    .where('policy_key', 'in', [...keys])
    .execute();
  return new Set(rows.map(({ policy_key }) => policy_key));
}

/** Whether and when the newest inventory of its type saw a policy. */
export interface Presence {
  readonly state: 'present' | 'gone';
  /** When the policy was last seen, and by which run. */
  readonly seenAt: number;
  readonly seenRunId: string;
  /** For a policy that is gone: when the inventory that no longer has it read the type, and its run. */
  readonly missedAt: number | null;
  readonly missedRunId: string | null;
}

type SeenPolicy = Pick<
  PolicyListRow,
  'policy_key' | 'policy_type' | 'policy_id' | 'seen_at' | 'seen_run_id' | 'seen_position'
>;

const itemIdOf = ({ policy_type, policy_id }: SeenPolicy): string => `${policy_type}/${policy_id}`;

/**
 * Whether policies are still there, by their keys. An inventory that finds a policy unchanged repeats the item of an
 * earlier run, so its ranges of repeated items are looked through as well.
 */
export async function presenceOf(
  db: HubRead,
  policies: readonly SeenPolicy[],
): Promise<ReadonlyMap<string, Presence>> {
  const types = [...new Set(policies.map(({ policy_type }) => policy_type))];
  if (types.length === 0) return new Map();
  const readings = await db
    .selectFrom('policy_type_readings')
    .selectAll()
    .where('policy_type', 'in', types)
    .execute();
  const readingOf = new Map(readings.map((reading) => [reading.policy_type, reading]));
  const open = policies.filter(
    (policy) => (readingOf.get(policy.policy_type)?.position ?? -1) > policy.seen_position,
  );
  const runs = [...new Set(open.flatMap(({ policy_type }) => readingOf.get(policy_type)?.run_id ?? []))];
  const inRuns = await itemsInRuns(db, runs, open.map(itemIdOf));
  return new Map(
    policies.map((policy): [string, Presence] => {
      const { policy_key, policy_type, seen_at: seenAt, seen_run_id: seenRunId } = policy;
      const reading = readingOf.get(policy_type);
      const nothing = { missedAt: null, missedRunId: null };
      if (!reading || reading.position <= policy.seen_position)
        return [policy_key, { state: 'present', seenAt, seenRunId, ...nothing }];
      const { run_id, at } = reading;
      if (inRuns.has(`${run_id} ${itemIdOf(policy)}`))
        return [policy_key, { state: 'present', seenAt: at, seenRunId: run_id, ...nothing }];
      return [policy_key, { state: 'gone', seenAt, seenRunId, missedAt: at, missedRunId: run_id }];
    }),
  );
}

/** Which of these items the runs recorded or repeated, as `<run id> <item id>`. */
async function itemsInRuns(
  db: HubRead,
  runs: readonly string[],
  itemIds: readonly string[],
): Promise<ReadonlySet<string>> {
  if (runs.length === 0) return new Set();
  const recorded = await db
    .selectFrom('run_items')
    .select(['run_id', 'item_id'])
    .where('run_id', 'in', [...runs])
    .where('item_id', 'in', [...itemIds])
    .execute();
  const origins = await db
    .selectFrom('run_item_repeats')
    .select('origin_run_id')
    .distinct()
    .where('run_id', 'in', [...runs])
    .execute();
  if (origins.length === 0) return new Set(recorded.map(({ run_id, item_id }) => `${run_id} ${item_id}`));
  const repeated = await db
    .selectFrom('run_items')
    .innerJoin('run_item_repeats as repeat', (join) => join.on(isRepeated))
    .select(['repeat.run_id', 'run_items.item_id'])
    .where('repeat.run_id', 'in', [...runs])
    .where(
      'run_items.run_id',
      'in',
      origins.map(({ origin_run_id }) => origin_run_id),
    )
    .where('run_items.item_id', 'in', [...itemIds])
    .execute();
  return new Set([...recorded, ...repeated].map(({ run_id, item_id }) => `${run_id} ${item_id}`));
}
