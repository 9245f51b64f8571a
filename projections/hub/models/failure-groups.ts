import { RunAborted, RunFailed, RunItemsRecorded } from '../../../src/runs/run-events.js';
import { bigint, integer, text, uuid } from '../../engine/columns.js';
import { defineModel } from '../../engine/model.js';
import { defineTable } from '../../engine/table.js';
import { failureRunsTable } from './failure-runs.js';
import { failuresTable } from './failures.js';

/** Failures counted by reason code and type, so that no page has to count rows. */
export const failureGroupsTable = defineTable({
  name: 'failure_groups',
  columns: {
    tenant_id: uuid(),
    reason_code: text(),
    run_type: text(),
    failures: integer(),
    runs: integer(),
    first_at: bigint(),
    last_at: bigint(),
    last_run_id: text(),
    last_position: bigint(),
  },
  key: ['tenant_id', 'reason_code', 'run_type'],
  // A batch's rows hold only what the batch adds.
  merge: { failures: 'sum', runs: 'sum', first_at: 'first' },
  access: 'tenant',
});

export const failureGroups = defineModel({
  table: failureGroupsTable,
  wants: [RunItemsRecorded, RunFailed, RunAborted],
  fold(_event, rows, rowsOf) {
    for (const { tenant_id, reason_code, run_type, at, run_id, position } of rowsOf(failuresTable).added()) {
      const key = { tenant_id, reason_code, run_type };
      const group = rows.get(key);
      rows.put({
        tenant_id,
        reason_code,
        run_type,
        failures: (group?.failures ?? 0) + 1,
        runs: group?.runs ?? 0,
        first_at: group?.first_at ?? at,
        last_at: at,
        last_run_id: run_id,
        last_position: position,
      });
    }
    for (const run of rowsOf(failureRunsTable).added()) {
      const group = rows.get(run);
      if (group) rows.put({ ...group, runs: group.runs + 1 });
    }
  },
});
