import type { StatusBucket } from '../../../src/runs/status-bucket.js';
import { integer, text, uuid } from '../../engine/columns.js';
import { defineModel, everyEventOf } from '../../engine/model.js';
import { defineTable } from '../../engine/table.js';
import { runOf } from '../event-facts.js';
import { runsTable } from './runs.js';

/** Runs counted by type and bucket, so that no page has to count rows. */
export const runCountersTable = defineTable({
  name: 'run_counters',
  columns: {
    tenant_id: uuid(),
    type: text(),
    bucket: text<StatusBucket>(),
    runs: integer(),
  },
  key: ['tenant_id', 'type', 'bucket'],
  // A batch's rows hold differences.
  merge: { runs: 'sum' },
  access: 'tenant',
});

export const runCounters = defineModel({
  table: runCountersTable,
  wants: everyEventOf('operation'),
  fold(event, rows, rowsOf) {
    const before = rowsOf(runsTable).before(runOf(event));
    const after = rowsOf(runsTable).get(runOf(event));
    if (!after || before?.bucket === after.bucket) return;
    const { tenant_id, type } = after;
    const add = (bucket: StatusBucket, difference: number) => {
      const counted = rows.get({ tenant_id, type, bucket })?.runs ?? 0;
      rows.put({ tenant_id, type, bucket, runs: counted + difference });
    };
    if (before) add(before.bucket, -1);
    add(after.bucket, 1);
  },
});
