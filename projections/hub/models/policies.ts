import { policyKeyOf, SnapshotCaptured, snapshotIdOf } from '../../../src/entities/policy/policy.js';
import { isEvent, type RecordedOf } from '../../../src/ledger/event-registry.js';
import { InventoryItemsObserved } from '../../../src/operations/inventory-sync/inventory-events.js';
import { bigint, bytewiseText, integer, nullable, text, textList, uuid } from '../../engine/columns.js';
import { defineModel } from '../../engine/model.js';
import { defineTable, type RowOf } from '../../engine/table.js';
import { runOf, subjectOf, tenantOf, timeOf } from '../event-facts.js';
import { groupFacet, settingFacet } from '../policy-facets.js';

/** Longest beginning of a name that policies are ordered by, in characters. */
const ORDERED_BY_MAX = 200;

/** Every policy that was ever observed by an inventory or captured, with its newest version (K2). */
export const policiesTable = defineTable({
  name: 'policies',
  columns: {
    tenant_id: uuid(),
    policy_key: text(),
    policy_type: text(),
    policy_id: text(),
    name: text(),
    /** The name as lists are ordered by it: in lower case, and byte by byte, so that pages are cut alike everywhere. */
    name_order: bytewiseText(),
    /** Number of its newest version, counted from 1. */
    version: integer(),
    /** Where the content of the newest version is stored, and the hashes that say whether another one is the same. */
    artifact: text(),
    content_hash: text(),
    assignments_hash: text(),
    rules_version: integer(),
    /** Number of settings where an inventory saw the version; null before. */
    setting_count: nullable(integer()),
    /** The newest snapshot of the newest version; null while it has none. */
    snapshot_id: nullable(text()),
    /** The settings and groups that it is found by, as the newest inventory saw it. */
    facets: textList(),
    first_seen_at: bigint(),
    first_run_id: text(),
    /** When the newest version was seen first, and by which run. */
    changed_at: bigint(),
    changed_run_id: text(),
    changed_position: bigint(),
    /** When it was last recorded. An inventory that finds it unchanged repeats the record of an earlier one. */
    seen_at: bigint(),
    seen_run_id: text(),
    seen_position: bigint(),
  },
  key: ['tenant_id', 'policy_key'],
  indexes: [
    '(tenant_id, name_order, policy_key)',
    '(tenant_id, policy_type, name_order, policy_key)',
    '(tenant_id, changed_position desc, policy_key desc)',
  ],
  access: 'tenant',
});

export type PolicyRow = RowOf<typeof policiesTable>;

/** What an inventory observed of a policy, or what was captured of it. */
interface Sighting {
  readonly policyType: string;
  readonly policyId: string;
  readonly name: string;
  readonly artifact: string;
  readonly contentHash: string;
  readonly assignmentsHash: string;
  readonly rulesVersion: number;
  readonly settingCount: number | null;
  readonly snapshotId: string | null;
  /** Null where the event doesn't tell them. */
  readonly facets: readonly string[] | null;
}

export const policies = defineModel({
  table: policiesTable,
  wants: [InventoryItemsObserved, SnapshotCaptured],
  addressed: { kind: 'policy', column: 'policy_key' },
  keys: (event) => policyKeysIn(event).map((policy_key) => ({ tenant_id: tenantOf(event), policy_key })),
  fold(event, rows) {
    const { tenant_id, run_id } = runOf(event);
    const seen = { seen_at: timeOf(event), seen_run_id: run_id, seen_position: event.position };
    const keys = policyKeysIn(event);
    for (const [index, sighting] of sightingsIn(event).entries()) {
      const policy_key = keys[index] ?? '';
      const known = rows.get({ tenant_id, policy_key });
      const isSame = known !== undefined && isSameVersion(known, sighting);
      rows.put({
        tenant_id,
        policy_key,
        policy_type: sighting.policyType,
        policy_id: sighting.policyId,
        name: sighting.name,
        name_order: orderOf(sighting.name),
        version: (known?.version ?? 0) + (isSame ? 0 : 1),
        artifact: isSame ? known.artifact : sighting.artifact,
        content_hash: sighting.contentHash,
        assignments_hash: sighting.assignmentsHash,
        rules_version: sighting.rulesVersion,
        setting_count: sighting.settingCount ?? (isSame ? known.setting_count : null),
        snapshot_id: sighting.snapshotId ?? (isSame ? known.snapshot_id : null),
        facets: sighting.facets ?? known?.facets ?? [],
        first_seen_at: known?.first_seen_at ?? seen.seen_at,
        first_run_id: known?.first_run_id ?? run_id,
        changed_at: isSame ? known.changed_at : seen.seen_at,
        changed_run_id: isSame ? known.changed_run_id : run_id,
        changed_position: isSame ? known.changed_position : event.position,
        ...seen,
      });
    }
  },
});

/** The keys of the policies that an event is about. */
export function policyKeysIn(
  event: RecordedOf<typeof InventoryItemsObserved | typeof SnapshotCaptured>,
): readonly string[] {
  if (isEvent(event, SnapshotCaptured)) return [subjectOf(event)];
  const tenantId = tenantOf(event);
  return event.data.policies.map(({ policyType, policyId }) => policyKeyOf(tenantId, policyType, policyId));
}

function sightingsIn(
  event: RecordedOf<typeof InventoryItemsObserved | typeof SnapshotCaptured>,
): readonly Sighting[] {
  if (isEvent(event, SnapshotCaptured)) {
    const snapshotId = snapshotIdOf(subjectOf(event), event.revision);
    return [{ ...event.data, settingCount: null, snapshotId, facets: null }];
  }
  const { policies, rulesVersion, settings } = event.data;
  const settingFacets = settings.map(({ path }) => settingFacet(path));
  return policies.map((policy) => ({
    ...policy,
    rulesVersion,
    snapshotId: null,
    facets: policy.sets && [
      ...policy.sets.flatMap((place) => settingFacets[place] ?? []),
      ...policy.groups.map(groupFacet),
    ],
  }));
}

/**
 * Whether a sighting shows the version that is known. Hashes of other comparing rules say nothing, and a change of the
 * rules is no change of the policy, so it then counts as the same.
 */
function isSameVersion(known: PolicyRow, sighting: Sighting): boolean {
  if (known.artifact === sighting.artifact || known.rules_version !== sighting.rulesVersion) return true;
  return known.content_hash === sighting.contentHash && known.assignments_hash === sighting.assignmentsHash;
}

const orderOf = (name: string): string =>
  name.normalize('NFKC').toLowerCase().slice(0, ORDERED_BY_MAX).toWellFormed();
