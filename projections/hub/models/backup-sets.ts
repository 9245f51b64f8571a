import { backupSetEntity } from '../../../src/entities/backup-set/backup-set.js';
import {
  BackupItemsAdded,
  BackupSetCreated,
  BackupSetRenamed,
} from '../../../src/entities/backup-set/backup-set-events.js';
import { parseSnapshotId } from '../../../src/entities/policy/policy.js';
import { isEvent, type RecordedEvent, type RecordedOf } from '../../../src/ledger/event-registry.js';
import { bigint, boolean, integer, nullable, text, uuid } from '../../engine/columns.js';
import { defineModel } from '../../engine/model.js';
import { defineTable } from '../../engine/table.js';
import { subjectOf, tenantOf, timeOf } from '../event-facts.js';

/**
 * The policies of backup sets. Rows are small: names and types are stored with the policies and their snapshots, and
 * the order of the columns leaves no padding between them.
 */
const backupSetItemsTable = defineTable({
  name: 'backup_set_items',
  columns: {
    tenant_id: uuid(),
    set_id: uuid(),
    position: bigint(),
    /** The snapshot is that of the policy with this revision. */
    snapshot_revision: integer(),
    bytes: integer(),
    /** Number of secrets that Graph withheld. */
    withheld: integer(),
    include_assignments: boolean(),
    include_scope_tags: boolean(),
    policy_key: text(),
  },
  key: ['tenant_id', 'set_id', 'policy_key'],
  // For the sets that hold a policy. PostgreSQL stores a key once for all of its sets, so each further set adds little.
  indexes: ['(tenant_id, policy_key)'],
  access: 'tenant',
});

export const backupSetItems = defineModel({
  table: backupSetItemsTable,
  wants: [BackupItemsAdded],
  keys: itemKeys,
  fold(event, rows) {
    const { options, items } = event.data;
    for (const [index, key] of itemKeys(event).entries()) {
      const item = items[index];
      if (!item) continue;
      rows.put({
        ...key,
        snapshot_revision: parseSnapshotId(item.snapshot)?.revision ?? 0,
        bytes: item.bytes,
        withheld: item.withheld,
        include_assignments: options.includeAssignments,
        include_scope_tags: options.includeScopeTags,
        position: event.position,
      });
    }
  },
});

/** The keys of the rows that an event writes, in the order of its items. */
function itemKeys(event: RecordedOf<typeof BackupItemsAdded>) {
  const set = { tenant_id: tenantOf(event), set_id: subjectOf(event) };
  return event.data.items.map(({ snapshot }) => ({
    ...set,
    policy_key: parseSnapshotId(snapshot)?.policyKey ?? snapshot,
  }));
}

const keyOf = (event: RecordedEvent) => ({ tenant_id: tenantOf(event), set_id: subjectOf(event) });

/** Every backup set of a tenant, also the expired ones, with the sums of its items. */
export const backupSets = defineModel({
  table: defineTable({
    name: 'backup_sets',
    columns: {
      tenant_id: uuid(),
      set_id: uuid(),
      name: text(),
      /** The schedule that made it; null for a set that a person made. */
      schedule_id: nullable(uuid()),
      schedule_name: nullable(text()),
      created_at: bigint(),
      created_by_kind: text(),
      created_by_id: text(),
      created_position: bigint(),
      policies: integer(),
      bytes: bigint(),
      /** Number of secrets that Graph withheld, in all of its items. */
      withheld: integer(),
      /** When policies were added last; null while it is empty. */
      added_at: nullable(bigint()),
      expired_at: nullable(bigint()),
      expired_by_kind: nullable(text()),
      expired_by_id: nullable(text()),
      expired_reason: nullable(text()),
    },
    key: ['tenant_id', 'set_id'],
    indexes: ['(tenant_id, created_position desc)'],
    access: 'tenant',
  }),
  wants: backupSetEntity.events,
  addressed: { kind: 'backup_set', column: 'set_id' },
  keys: (event) => [keyOf(event)],
  fold(event, rows, rowsOf) {
    const key = keyOf(event);
    const at = timeOf(event);
    const known = rows.get(key);
    const { actorKind, actorId } = event.envelope;
    if (isEvent(event, BackupSetCreated)) {
      const { name, origin } = event.data;
      const schedule = origin.kind === 'schedule' ? origin : null;
      rows.put({
        ...key,
        name,
        schedule_id: schedule?.scheduleId ?? null,
        schedule_name: schedule?.name ?? null,
        created_at: at,
        created_by_kind: actorKind,
        created_by_id: actorId,
        created_position: event.position,
        policies: 0,
        bytes: 0,
        withheld: 0,
        added_at: null,
        expired_at: null,
        expired_by_kind: null,
        expired_by_id: null,
        expired_reason: null,
      });
      return;
    }
    if (!known) return;
    if (isEvent(event, BackupSetRenamed)) return rows.put({ ...known, name: event.data.name });
    if (isEvent(event, BackupItemsAdded)) {
      const items = rowsOf(backupSetItemsTable);
      const sums = { policies: known.policies, bytes: known.bytes, withheld: known.withheld };
      for (const item of itemKeys(event)) {
        const before = items.before(item);
        const now = items.get(item);
        sums.policies += before ? 0 : 1;
        sums.bytes += (now?.bytes ?? 0) - (before?.bytes ?? 0);
        sums.withheld += (now?.withheld ?? 0) - (before?.withheld ?? 0);
      }
      return rows.put({ ...known, ...sums, added_at: at });
    }
    const expired = { expired_by_kind: actorKind, expired_by_id: actorId, expired_reason: event.data.reason };
    rows.put({ ...known, ...expired, expired_at: at });
  },
});
