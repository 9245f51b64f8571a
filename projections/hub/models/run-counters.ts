import type { StatusBucket } from '../../../src/runs/status-bucket.js';
import type { RowSet } from '../../engine/row-set.js';
import { defineTable } from '../../engine/table.js';
import type { HubTables } from '../tables.js';
import type { RunRow } from './runs.js';

export type RunCounterRow = HubTables['run_counters'];

export const runCountersTable = defineTable<RunCounterRow>({
  name: 'run_counters',
  columns: {
    tenant_id: 'uuid not null',
    type: 'text not null',
    bucket: 'text not null',
    runs: 'integer not null',
  },
  key: ['tenant_id', 'type', 'bucket'],
  // Rows of a batch hold differences.
  merge: { runs: 'sum' },
  access: 'tenant',
});

/** Moves a run from the bucket it was in to the one it is in. */
export function foldCounters(before: RunRow | undefined, after: RunRow, rows: RowSet<RunCounterRow>): void {
  if (before?.bucket === after.bucket) return;
  if (before) add(before.bucket, -1);
  add(after.bucket, 1);

  function add(bucket: StatusBucket, difference: number): void {
    const key = { tenant_id: after.tenant_id, type: after.type, bucket };
    rows.put({ ...key, runs: (rows.get(key)?.runs ?? 0) + difference });
  }
}
