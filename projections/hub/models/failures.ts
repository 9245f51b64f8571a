import type { LedgerEvent } from '../../../src/events.js';
import type { RowSet } from '../../engine/row-set.js';
import { defineTable } from '../../engine/table.js';
import { timeOf } from '../event-facts.js';
import type { HubTables } from '../tables.js';
import type { RunItemRow } from './run-items.js';
import type { RunRow } from './runs.js';

export type FailureRow = HubTables['failures'];
export type FailureGroupRow = HubTables['failure_groups'];

export const failuresTable = defineTable<FailureRow>({
  name: 'failures',
  columns: {
    tenant_id: 'uuid not null',
    position: 'bigint not null',
    ordinal: 'integer not null',
    run_id: 'text not null',
    run_type: 'text not null',
    item_id: 'text null',
    label: 'text not null',
    reason_code: 'text not null',
    reason: 'text null',
    at: 'bigint not null',
  },
  key: ['tenant_id', 'position', 'ordinal'],
  indexes: ['(tenant_id, reason_code, run_type, position desc, ordinal desc)', '(tenant_id, run_id)'],
  access: 'tenant',
});

export const failureGroupsTable = defineTable<FailureGroupRow>({
  name: 'failure_groups',
  columns: {
    tenant_id: 'uuid not null',
    reason_code: 'text not null',
    run_type: 'text not null',
    failures: 'integer not null',
    first_at: 'bigint not null',
    last_at: 'bigint not null',
    last_run_id: 'text not null',
    last_position: 'bigint not null',
  },
  key: ['tenant_id', 'reason_code', 'run_type'],
  // Rows of a batch hold how many came.
  merge: { failures: 'sum', first_at: 'first' },
  access: 'tenant',
});

interface FailureRows {
  readonly failures: RowSet<FailureRow>;
  readonly failure_groups: RowSet<FailureGroupRow>;
}

/** Adds the items that failed, and the run itself when it failed or was aborted (F3). */
export function foldFailures(
  event: LedgerEvent,
  run: RunRow,
  fresh: readonly RunItemRow[],
  rows: FailureRows,
): void {
  for (const item of fresh) if (item.outcome === 'failed') add(item);
  if (event.type === 'RunFailed' || event.type === 'RunAborted') {
    const { reasonCode: reason_code, reason } = event.data;
    add({ ordinal: 0, item_id: null, label: run.title, reason_code, reason });
  }

  type Failed = Pick<FailureRow, 'ordinal' | 'item_id' | 'label' | 'reason'> & { reason_code: string | null };
  function add({ ordinal, item_id, label, reason_code, reason }: Failed): void {
    const { tenant_id, run_id, type: run_type } = run;
    const at = timeOf(event);
    const code = reason_code ?? 'unexpected';
    const { position } = event;
    rows.failures.put({
      tenant_id,
      position,
      ordinal,
      run_id,
      run_type,
      item_id,
      label,
      reason_code: code,
      reason,
      at,
    });
    const key = { tenant_id, reason_code: code, run_type };
    const group = rows.failure_groups.get(key);
    rows.failure_groups.put({
      ...key,
      failures: (group?.failures ?? 0) + 1,
      first_at: group?.first_at ?? at,
      last_at: at,
      last_run_id: run_id,
      last_position: position,
    });
  }
}
