import { type ItemOutcome, RunItemsRecorded } from '../../../src/runs/run-events.js';
import { bigint, integer, nullable, text, uuid } from '../../engine/columns.js';
import { defineModel } from '../../engine/model.js';
import { defineTable, type RowOf } from '../../engine/table.js';
import { runOf, timeOf } from '../event-facts.js';
import { runsTable } from './runs.js';

export const runItemsTable = defineTable({
  name: 'run_items',
  columns: {
    tenant_id: uuid(),
    run_id: text(),
    item_id: text(),
    /** Order of recording inside the run, from 1. */
    ordinal: integer(),
    label: text(),
    subject_type: nullable(text()),
    subject_id: nullable(text()),
    outcome: text<ItemOutcome['outcome']>(),
    reason_code: nullable(text()),
    reason: nullable(text()),
    attempt: integer(),
    at: bigint(),
    revision: integer(),
    position: bigint(),
  },
  key: ['tenant_id', 'run_id', 'item_id'],
  indexes: [
    '(tenant_id, run_id, ordinal)',
    '(tenant_id, run_id, outcome, ordinal)',
    '(tenant_id, run_id, reason_code, ordinal) where reason_code is not null',
  ],
  access: 'tenant',
});

export type RunItemRow = RowOf<typeof runItemsTable>;

/** The items of runs; an item's first outcome stays (R7). */
export const runItems = defineModel({
  table: runItemsTable,
  wants: [RunItemsRecorded],
  finalAfter: 'run',
  keys: (event) => event.data.items.map(({ itemId }) => ({ ...runOf(event), item_id: itemId })),
  fold(event, rows, rowsOf) {
    const { tenant_id, run_id } = runOf(event);
    const run = rowsOf(runsTable).before({ tenant_id, run_id });
    if (!run) return;
    const at = timeOf(event);
    let ordinal = run.processed;
    for (const item of event.data.items) {
      if (rows.get({ tenant_id, run_id, item_id: item.itemId })) continue;
      ordinal += 1;
      rows.put({
        tenant_id,
        run_id,
        item_id: item.itemId,
        ordinal,
        label: item.label,
        subject_type: item.subject?.type ?? null,
        subject_id: item.subject?.id ?? null,
        outcome: item.outcome,
        reason_code: item.reasonCode,
        reason: item.reason,
        attempt: event.envelope.attempt ?? run.attempt,
        at,
        revision: event.revision,
        position: event.position,
      });
    }
  },
});
