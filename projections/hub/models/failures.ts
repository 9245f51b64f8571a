import { isEvent } from '../../../src/ledger/event-registry.js';
import { RunAborted, RunFailed, RunItemsRecorded } from '../../../src/runs/run-events.js';
import { bigint, integer, nullable, text, uuid } from '../../engine/columns.js';
import { defineModel } from '../../engine/model.js';
import { defineTable } from '../../engine/table.js';
import { runOf, timeOf } from '../event-facts.js';
import { runItemsTable } from './run-items.js';
import { runsTable } from './runs.js';

/** The reason code of a failed item that has none. */
export const UNNAMED_REASON = 'unexpected';

/** The failure stream: one row for each failed item and each run that failed or was aborted (F3). */
export const failuresTable = defineTable({
  name: 'failures',
  columns: {
    tenant_id: uuid(),
    position: bigint(),
    /** The item's ordinal in its run; 0 for the run itself. */
    ordinal: integer(),
    run_id: text(),
    run_type: text(),
    /** Null when the run itself failed. */
    item_id: nullable(text()),
    label: text(),
    reason_code: text(),
    reason: nullable(text()),
    at: bigint(),
  },
  key: ['tenant_id', 'position', 'ordinal'],
  indexes: [
    '(tenant_id, reason_code, run_type, position desc, ordinal desc)',
    // For a run's first failure for a reason.
    '(tenant_id, run_id, reason_code, position, ordinal)',
  ],
  access: 'tenant',
});

export const failures = defineModel({
  table: failuresTable,
  wants: [RunItemsRecorded, RunFailed, RunAborted],
  finalAfter: 'event',
  fold(event, rows, rowsOf) {
    const run = rowsOf(runsTable).get(runOf(event));
    if (!run) return;
    const { tenant_id, run_id, type: run_type } = run;
    const common = { tenant_id, position: event.position, run_id, run_type, at: timeOf(event) };
    if (!isEvent(event, RunItemsRecorded)) {
      const { reasonCode: reason_code, reason } = event.data;
      rows.put({ ...common, ordinal: 0, item_id: null, label: run.title, reason_code, reason });
      return;
    }
    for (const { outcome, ordinal, item_id, label, reason_code, reason } of rowsOf(runItemsTable).added())
      if (outcome === 'failed')
        rows.put({ ...common, ordinal, item_id, label, reason_code: reason_code ?? UNNAMED_REASON, reason });
  },
});
