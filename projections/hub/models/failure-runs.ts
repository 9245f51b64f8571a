import { isEvent } from '../../../src/ledger/event-registry.js';
import { RunAborted, RunFailed, RunItemsRecorded } from '../../../src/runs/run-events.js';
import { bigint, integer, text, uuid } from '../../engine/columns.js';
import { defineModel } from '../../engine/model.js';
import { defineTable } from '../../engine/table.js';
import { runOf } from '../event-facts.js';
import { failuresTable, UNNAMED_REASON } from './failures.js';
import { runsTable } from './runs.js';

/** The failures of one run for one reason, counted: an entry of the failure page. */
export const failureRunsTable = defineTable({
  name: 'failure_runs',
  columns: {
    tenant_id: uuid(),
    run_id: text(),
    reason_code: text(),
    run_type: text(),
    /** The run's number in the hub. */
    queued_position: bigint(),
    failures: integer(),
    /** Position of the run's first failure for this reason; it fixes the entry's place in the list. */
    first_position: bigint(),
    first_at: bigint(),
    last_at: bigint(),
  },
  key: ['tenant_id', 'run_id', 'reason_code'],
  indexes: [
    '(tenant_id, first_position desc, reason_code desc)',
    '(tenant_id, reason_code, run_type, first_position desc)',
    // For runs with a reason in the list of operations.
    '(tenant_id, reason_code, queued_position desc)',
    // For a period with few failures.
    '(tenant_id, first_at desc)',
  ],
  access: 'tenant',
});

export const failureRuns = defineModel({
  table: failureRunsTable,
  wants: [RunItemsRecorded, RunFailed, RunAborted],
  finalAfter: 'run',
  keys: (event) => {
    const codes = isEvent(event, RunItemsRecorded)
      ? event.data.items.flatMap(({ outcome, reasonCode }) =>
          outcome === 'failed' ? [reasonCode ?? UNNAMED_REASON] : [],
        )
      : [event.data.reasonCode];
    return [...new Set(codes)].map((reason_code) => ({ ...runOf(event), reason_code }));
  },
  fold(event, rows, rowsOf) {
    const run = rowsOf(runsTable).get(runOf(event));
    if (!run) return;
    const { queued_position } = run;
    for (const { tenant_id, run_id, reason_code, run_type, at, position } of rowsOf(failuresTable).added()) {
      const key = { tenant_id, run_id, reason_code };
      const before = rows.get(key);
      rows.put({
        tenant_id,
        run_id,
        reason_code,
        run_type,
        queued_position,
        failures: (before?.failures ?? 0) + 1,
        first_position: before?.first_position ?? position,
        first_at: before?.first_at ?? at,
        last_at: at,
      });
    }
  },
});
