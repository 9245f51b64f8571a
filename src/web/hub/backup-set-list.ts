import { type Selectable, sql } from 'kysely';
import type { HubTables } from '../../../projections/hub/hub-models.js';
import { policyKeyOf } from '../../entities/policy/policy.js';
import { LIMITS } from '../limits.js';
import { containing } from './containing.js';
import type { HubRead } from './hub-read.js';
import { isUuid } from './is-uuid.js';
import { cutPage, pageWithNext } from './keyset.js';
import { policyPlaceOf, readPolicyPlace } from './policy-place.js';
import type { RunRow } from './run-order.js';

export type BackupSetRow = Selectable<HubTables['backup_sets']>;

/** One page of a tenant's backup sets, newest first. */
export async function listBackupSets(
  db: HubRead,
  { before, limit }: { readonly before?: number | undefined; readonly limit: number },
): Promise<{ readonly rows: readonly BackupSetRow[]; readonly hasMore: boolean }> {
  let query = db
    .selectFrom('backup_sets')
    .selectAll()
    .orderBy('created_position', 'desc')
    .limit(limit + 1);
  if (before !== undefined) query = query.where('created_position', '<', before);
  return cutPage(await query.execute(), limit);
}

/** The newest sets that have not expired, to add policies to. */
export const openBackupSets = (db: HubRead): Promise<BackupSetRow[]> =>
  db
    .selectFrom('backup_sets')
    .selectAll()
    .where('expired_at', 'is', null)
    .orderBy('created_position', 'desc')
    .limit(LIMITS.openSetsOffered)
    .execute();

/** The backup set with this id, or undefined. */
export async function findBackupSet(db: HubRead, setId: string): Promise<BackupSetRow | undefined> {
  if (!isUuid(setId)) return undefined;
  return db.selectFrom('backup_sets').selectAll().where('set_id', '=', setId).executeTakeFirst();
}

/** One policy of a set, with the name that it had then. */
export interface BackupSetItem {
  readonly policy_key: string;
  readonly policy_type: string;
  readonly policy_id: string;
  readonly name: string;
  readonly name_order: string;
  readonly snapshot_id: string;
  /** When the snapshot was captured. */
  readonly captured_at: number;
  readonly bytes: number;
  readonly withheld: number;
  readonly include_assignments: boolean;
  readonly include_scope_tags: boolean;
}

export interface SetItemFilter {
  readonly q?: string | undefined;
  /** Only policies of which Graph withheld secrets. */
  readonly withheld?: 'yes' | undefined;
  /** The last row of the page before: the policy's key, a dot and its place in the order. */
  readonly past?: string | undefined;
}

/** One page of a set's policies, by name. */
export async function listSetItems(
  db: HubRead,
  setId: string,
  { q, withheld, past }: SetItemFilter,
): Promise<{ readonly rows: readonly BackupSetItem[]; readonly next: string | null }> {
  const limit = LIMITS.itemsPerPage;
  let query = itemsOf(db, setId)
    .orderBy('policies.name_order')
    .orderBy('policies.policy_key')
    .limit(limit + 1);
  if (q) query = query.where('version.name', 'ilike', containing(q));
  if (withheld) query = query.where('item.withheld', '>', 0);
  if (past) {
    const { key, order } = readPolicyPlace(past);
    query = query.where((where) =>
      where(where.refTuple('policies.name_order', 'policies.policy_key'), '>', where.tuple(order, key)),
    );
  }
  return pageWithNext(await query.execute(), limit, ({ policy_key, name_order }) =>
    policyPlaceOf(policy_key, name_order),
  );
}

const itemsOf = (db: HubRead, setId: string) =>
  db
    .selectFrom('backup_set_items as item')
    .innerJoin('policies', (join) =>
      join
        .onRef('policies.tenant_id', '=', 'item.tenant_id')
        .onRef('policies.policy_key', '=', 'item.policy_key'),
    )
    .innerJoin('policy_snapshots as snapshot', (join) =>
      join
        .onRef('snapshot.tenant_id', '=', 'item.tenant_id')
        .on(sql<boolean>`snapshot.snapshot_id = item.policy_key || '-' || item.snapshot_revision`),
    )
    .innerJoin('policy_versions as version', (join) =>
      join
        .onRef('version.tenant_id', '=', 'snapshot.tenant_id')
        .onRef('version.policy_key', '=', 'snapshot.policy_key')
        .onRef('version.version', '=', 'snapshot.version'),
    )
    .select([
      'item.policy_key',
      'policies.policy_type',
      'policies.policy_id',
      'version.name',
      'policies.name_order',
      'snapshot.snapshot_id',
      'snapshot.at as captured_at',
      'item.bytes',
      'item.withheld',
      'item.include_assignments',
      'item.include_scope_tags',
    ])
    .where('item.set_id', '=', setId);

const withLinksTo = (db: HubRead, setId: string) =>
  db
    .selectFrom('runs')
    .innerJoin('run_links', (join) =>
      join.onRef('run_links.tenant_id', '=', 'runs.tenant_id').onRef('run_links.run_id', '=', 'runs.run_id'),
    )
    .selectAll('runs')
    .where('target_kind', '=', 'backup_set')
    .where('target_id', '=', setId)
    .orderBy('queued_position', 'desc')
    .limit(LIMITS.setRunsShown);

/** The newest runs that fill, export or restore a set, newest first. */
export const runsOfSet = (db: HubRead, setId: string): Promise<RunRow[]> => withLinksTo(db, setId).execute();

/** The newest runs that put policies into a set, newest first. */
export const runsThatFill = (db: HubRead, setId: string): Promise<RunRow[]> =>
  withLinksTo(db, setId).where('relation', '=', 'fills').execute();

/** A policy that a run couldn't read for a set, with the run's reason. */
export interface MissingItem {
  readonly run_id: string;
  readonly label: string;
  readonly subject_type: string | null;
  readonly subject_id: string | null;
  readonly reason_code: string | null;
  readonly reason: string | null;
}

/**
 * The policies by name that these runs couldn't read and that the set doesn't hold. The runs are newest first, and each
 * policy has its newest reason.
 */
export async function missingFrom(
  db: HubRead,
  { tenant_id, set_id }: BackupSetRow,
  runs: readonly RunRow[],
): Promise<readonly MissingItem[]> {
  const missing = new Map<string, MissingItem>();
  for (const { run_id } of runs.filter(({ failed }) => failed > 0)) {
    const failed = await db
      .selectFrom('run_items')
      .select(['run_id', 'label', 'subject_type', 'subject_id', 'reason_code', 'reason'])
      .where('run_id', '=', run_id)
      .where('outcome', '=', 'failed')
      .orderBy('ordinal')
      .limit(LIMITS.missingShown)
      .execute();
    for (const item of failed) {
      const key = policyKeyOf(tenant_id, item.subject_type ?? '', item.subject_id ?? '');
      if (!missing.has(key)) missing.set(key, item);
    }
  }
  if (missing.size === 0) return [];
  const held = await db
    .selectFrom('backup_set_items')
    .select('policy_key')
    .where('set_id', '=', set_id)
    .where('policy_key', 'in', [...missing.keys()])
    .execute();
  for (const { policy_key } of held) missing.delete(policy_key);
  return [...missing.values()].sort((one, other) => one.label.localeCompare(other.label, 'en'));
}
