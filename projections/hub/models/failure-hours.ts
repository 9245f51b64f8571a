import { RunAborted, RunFailed, RunItemsRecorded } from '../../../src/runs/run-events.js';
import { integer, text, uuid } from '../../engine/columns.js';
import { defineModel } from '../../engine/model.js';
import { defineTable } from '../../engine/table.js';
import { failureRunsTable } from './failure-runs.js';
import { failuresTable } from './failures.js';

export const HOUR_MS = 3_600_000;

/** Failures counted by hour, reason code and type, so that pages show recent failures without counting rows. */
export const failureHoursTable = defineTable({
  name: 'failure_hours',
  columns: {
    tenant_id: uuid(),
    reason_code: text(),
    run_type: text(),
    /** Whole hours since 1970, UTC. */
    hour: integer(),
    failures: integer(),
    /** Runs whose first failure for this reason was in this hour. */
    runs: integer(),
  },
  key: ['tenant_id', 'reason_code', 'run_type', 'hour'],
  indexes: ['(tenant_id, hour desc)'],
  // A batch's rows hold only what the batch adds.
  merge: { failures: 'sum', runs: 'sum' },
  access: 'tenant',
});

export const failureHours = defineModel({
  table: failureHoursTable,
  wants: [RunItemsRecorded, RunFailed, RunAborted],
  fold(_event, rows, rowsOf) {
    const add = (
      { tenant_id, reason_code, run_type }: Record<'tenant_id' | 'reason_code' | 'run_type', string>,
      at: number,
      more: { readonly failures: number; readonly runs: number },
    ) => {
      const key = { tenant_id, reason_code, run_type, hour: Math.floor(at / HOUR_MS) };
      const { failures = 0, runs = 0 } = rows.get(key) ?? {};
      rows.put({ ...key, failures: failures + more.failures, runs: runs + more.runs });
    };
    for (const failure of rowsOf(failuresTable).added()) add(failure, failure.at, { failures: 1, runs: 0 });
    for (const run of rowsOf(failureRunsTable).added()) add(run, run.first_at, { failures: 0, runs: 1 });
  },
});
