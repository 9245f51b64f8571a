import type { Selectable } from 'kysely';
import type { HubTables } from '../../../projections/hub/hub-models.js';
import { policyKeyOf } from '../../entities/policy/policy.js';
import type { ReferenceKind } from '../../policies/catalogue/policy-type.js';
import type { DirectoryNames } from '../../policies/directory-names.js';
import type { PolicyReference } from '../../policies/references.js';
import { referenceKey } from '../../policies/references.js';
import type { ReferenceName } from '../ports/policy-contents.js';
import type { FindingRow } from './finding-list.js';
import type { HubRead } from './hub-read.js';
import { cutPage } from './keyset.js';
import type { PolicyListRow } from './policy-list.js';

export type PolicyVersionRow = Selectable<HubTables['policy_versions']>;
export type PolicySnapshotRow = Selectable<HubTables['policy_snapshots']>;

/** One page of a policy's versions, newest first, before a version. */
export async function listVersions(
  db: HubRead,
  policyKey: string,
  { before, limit }: { readonly before?: number | undefined; readonly limit: number },
): Promise<{ readonly rows: readonly PolicyVersionRow[]; readonly hasMore: boolean }> {
  let query = db
    .selectFrom('policy_versions')
    .selectAll()
    .where('policy_key', '=', policyKey)
    .orderBy('version', 'desc')
    .limit(limit + 1);
  if (before !== undefined) query = query.where('version', '<', before);
  return cutPage(await query.execute(), limit);
}

/** A version of a policy, or undefined. */
export function findVersion(
  db: HubRead,
  policyKey: string,
  version: number,
): Promise<PolicyVersionRow | undefined> {
  return db
    .selectFrom('policy_versions')
    .selectAll()
    .where('policy_key', '=', policyKey)
    .where('version', '=', version)
    .executeTakeFirst();
}

/** The row of a snapshot, or undefined. */
export function findSnapshotRow(db: HubRead, snapshotId: string): Promise<PolicySnapshotRow | undefined> {
  return db
    .selectFrom('policy_snapshots')
    .selectAll()
    .where('snapshot_id', '=', snapshotId)
    .executeTakeFirst();
}

/** The newest snapshot of a policy, of any version. */
export function newestSnapshot(db: HubRead, policyKey: string): Promise<PolicySnapshotRow | undefined> {
  return db
    .selectFrom('policy_snapshots')
    .selectAll()
    .where('policy_key', '=', policyKey)
    .orderBy('position', 'desc')
    .limit(1)
    .executeTakeFirst();
}

/** The backup sets that hold a policy, the latest addition first. */
export function setsWith(db: HubRead, policyKey: string, limit: number) {
  return db
    .selectFrom('backup_set_items as item')
    .innerJoin('backup_sets as set', (join) =>
      join.onRef('set.tenant_id', '=', 'item.tenant_id').onRef('set.set_id', '=', 'item.set_id'),
    )
    .select(['set.set_id', 'set.name', 'set.created_at', 'set.expired_at', 'item.snapshot_revision'])
    .where('item.policy_key', '=', policyKey)
    .orderBy('item.position', 'desc')
    .limit(limit)
    .execute();
}

/** The newest findings about a policy. */
export async function findingsAbout(
  db: HubRead,
  { policy_type, policy_id }: PolicyListRow,
  limit: number,
): Promise<readonly FindingRow[]> {
  return db
    .selectFrom('findings')
    .selectAll()
    .where('policy_type', '=', policy_type)
    .where('subject_id', '=', policy_id)
    .where('continued_as', 'is', null)
    .orderBy('first_position', 'desc')
    .limit(limit)
    .execute();
}

/** Ids of the newest runs that were started for this policy. */
export async function runsFor(db: HubRead, policyKey: string, limit: number): Promise<readonly string[]> {
  const rows = await db
    .selectFrom('run_links')
    .select('run_id')
    .where('target_kind', '=', 'policy')
    .where('target_id', '=', policyKey)
    .orderBy('position', 'desc')
    .limit(limit)
    .execute();
  return rows.map(({ run_id }) => run_id);
}

/** What a policy refers to, and the names that its snapshots keep. */
interface Referred {
  readonly referred: readonly Pick<PolicyReference, 'kind' | 'id'>[];
  readonly kept: readonly ReferenceName[];
}

/**
 * Names of groups and filters: those that snapshots keep, then those of the tenant's cache of groups and filters, then
 * those of filters that inventories saw.
 */
export async function namesFor(
  db: HubRead,
  tenantId: string,
  { referred, kept }: Referred,
): Promise<DirectoryNames> {
  const names = new Map<string, string>();
  const idsOf = (kind: ReferenceKind) => referred.flatMap((one) => (one.kind === kind ? one.id : []));
  const filters = idsOf('assignment_filter');
  if (filters.length > 0) {
    const keys = filters.map((id) => policyKeyOf(tenantId, 'assignmentFilters', id));
    for (const { policy_id, name } of await policiesNamed(db, keys))
      names.set(referenceKey({ kind: 'assignment_filter', id: policy_id }), name);
  }
  for (const { kind, object_id, name } of await cachedObjects(db, [...idsOf('group'), ...filters]))
    if (name !== null) names.set(referenceKey({ kind, id: object_id }), name);
  for (const { kind, id, name } of kept) if (name !== null) names.set(referenceKey({ kind, id }), name);
  return {
    group: (id) => names.get(referenceKey({ kind: 'group', id })),
    filter: (id) => names.get(referenceKey({ kind: 'assignment_filter', id })),
  };
}

const policiesNamed = (db: HubRead, keys: readonly string[]) =>
  db
    .selectFrom('policies')
    .select(['policy_id', 'name'])
    .where('policy_key', 'in', [...keys])
    .execute();

/** Groups and filters of the tenant's cache, by their ids. */
async function cachedObjects(db: HubRead, ids: readonly string[]) {
  if (ids.length === 0) return [];
  return db
    .selectFrom('directory_objects')
    .select(['kind', 'object_id', 'name'])
    .where('kind', 'in', ['group', 'assignment_filter'])
    .where('object_key', 'in', [...new Set(ids.map((id) => id.toLowerCase()))])
    .execute();
}
