import { SnapshotCaptured, snapshotIdOf } from '../../../src/entities/policy/policy.js';
import { InventoryItemsObserved } from '../../../src/operations/inventory-sync/inventory-events.js';
import { bigint, integer, nullable, text, uuid } from '../../engine/columns.js';
import { defineModel } from '../../engine/model.js';
import { defineTable } from '../../engine/table.js';
import { runOf, subjectOf, tenantOf, timeOf } from '../event-facts.js';
import { policiesTable, policyKeysIn } from './policies.js';

/** The versions of policies: observations and captures with other content than the one before (K2). */
export const policyVersionsTable = defineTable({
  name: 'policy_versions',
  columns: {
    tenant_id: uuid(),
    policy_key: text(),
    /** Counted from 1 for each policy. */
    version: integer(),
    name: text(),
    artifact: text(),
    setting_count: nullable(integer()),
    /** The newest snapshot of the version; null while it has none. */
    snapshot_id: nullable(text()),
    first_seen_at: bigint(),
    first_run_id: text(),
    /** When the version was last recorded. */
    last_seen_at: bigint(),
    last_run_id: text(),
    last_position: bigint(),
  },
  key: ['tenant_id', 'policy_key', 'version'],
  access: 'tenant',
});

/** The newest version of each policy follows its row in `policies`; earlier versions no longer change. */
export const policyVersions = defineModel({
  table: policyVersionsTable,
  wants: [InventoryItemsObserved, SnapshotCaptured],
  fold(event, rows, rowsOf) {
    const tenant_id = tenantOf(event);
    for (const policy_key of policyKeysIn(event)) {
      const policy = rowsOf(policiesTable).get({ tenant_id, policy_key });
      if (!policy) continue;
      const { version, name, artifact, setting_count, snapshot_id } = policy;
      rows.put({
        tenant_id,
        policy_key,
        version,
        name,
        artifact,
        setting_count,
        snapshot_id,
        first_seen_at: policy.changed_at,
        first_run_id: policy.changed_run_id,
        last_seen_at: policy.seen_at,
        last_run_id: policy.seen_run_id,
        last_position: policy.seen_position,
      });
    }
  },
});

/** The snapshots of policies, each with the version that it kept. */
export const policySnapshotsTable = defineTable({
  name: 'policy_snapshots',
  columns: {
    tenant_id: uuid(),
    snapshot_id: text(),
    policy_key: text(),
    version: integer(),
    artifact: text(),
    /** Where the names of what it refers to are stored; null when it refers to nothing. */
    references_artifact: nullable(text()),
    /** Number of secrets that Graph withheld. */
    withheld: integer(),
    bytes: integer(),
    run_id: text(),
    at: bigint(),
    position: bigint(),
  },
  key: ['tenant_id', 'snapshot_id'],
  // For the newest snapshot of a policy.
  indexes: ['(tenant_id, policy_key, position desc)'],
  access: 'tenant',
});

export const policySnapshots = defineModel({
  table: policySnapshotsTable,
  wants: [SnapshotCaptured],
  finalAfter: 'event',
  fold(event, rows, rowsOf) {
    const { tenant_id, run_id } = runOf(event);
    const policy_key = subjectOf(event);
    const policy = rowsOf(policiesTable).get({ tenant_id, policy_key });
    if (!policy) return;
    const { artifact, references, withheld, bytes } = event.data;
    rows.put({
      tenant_id,
      run_id,
      policy_key,
      artifact,
      bytes,
      version: policy.version,
      snapshot_id: snapshotIdOf(policy_key, event.revision),
      references_artifact: references,
      withheld: withheld.count,
      at: timeOf(event),
      position: event.position,
    });
  },
});
