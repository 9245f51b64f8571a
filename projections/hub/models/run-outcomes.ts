import { RunAborted, RunCompleted, RunFailed } from '../../../src/runs/run-events.js';
import type { StatusBucket } from '../../../src/runs/status-bucket.js';
import { bigint, integer, text, uuid } from '../../engine/columns.js';
import { defineModel } from '../../engine/model.js';
import { defineTable } from '../../engine/table.js';
import { runOf } from '../event-facts.js';
import { runsTable } from './runs.js';

/** All time zones are whole quarters of an hour apart, so the days of any zone are sums of quarters. */
const QUARTER_MS = 15 * 60_000;

/** Ended runs counted by quarter of an hour, type and outcome, for the chart above the list of operations. */
export const runOutcomesTable = defineTable({
  name: 'run_outcomes',
  columns: {
    tenant_id: uuid(),
    /** When the quarter of an hour begins, milliseconds since 1970. */
    quarter: bigint(),
    type: text(),
    bucket: text<StatusBucket>(),
    runs: integer(),
  },
  key: ['tenant_id', 'quarter', 'type', 'bucket'],
  // A batch's rows hold only what the batch adds.
  merge: { runs: 'sum' },
  access: 'tenant',
});

export const runOutcomes = defineModel({
  table: runOutcomesTable,
  wants: [RunCompleted, RunFailed, RunAborted],
  fold(event, rows, rowsOf) {
    const run = rowsOf(runsTable).get(runOf(event));
    if (!run || run.finished_at === null) return;
    const { tenant_id, type, bucket } = run;
    const quarter = Math.floor(run.finished_at / QUARTER_MS) * QUARTER_MS;
    const key = { tenant_id, quarter, type, bucket };
    rows.put({ ...key, runs: (rows.get(key)?.runs ?? 0) + 1 });
  },
});
