import { RunItemsRecorded } from '../../../src/runs/run-events.js';
import { integer, nullable, text, textList, uuid } from '../../engine/columns.js';
import { defineModel } from '../../engine/model.js';
import { defineTable } from '../../engine/table.js';
import { runOf } from '../event-facts.js';
import { UNNAMED_REASON } from './failures.js';
import { runItemsTable } from './run-items.js';

/** Names of items that are kept as examples. */
const LABELS_KEPT = 3;

/** Failed and skipped items of a run counted by reason code, so that no page has to count them. */
const runItemReasonsTable = defineTable({
  name: 'run_item_reasons',
  columns: {
    tenant_id: uuid(),
    run_id: text(),
    outcome: text<'failed' | 'skipped'>(),
    reason_code: text(),
    items: integer(),
    /** Names of the first few items. */
    labels: textList(),
    /** The reason of the first item. */
    reason: nullable(text()),
  },
  key: ['tenant_id', 'run_id', 'outcome', 'reason_code'],
  access: 'tenant',
});

export const runItemReasons = defineModel({
  table: runItemReasonsTable,
  wants: [RunItemsRecorded],
  finalAfter: 'run',
  keys: (event) =>
    event.data.items.flatMap(({ outcome, reasonCode }) =>
      outcome === 'succeeded'
        ? []
        : [{ ...runOf(event), outcome, reason_code: reasonCode ?? UNNAMED_REASON }],
    ),
  fold(event, rows, rowsOf) {
    for (const { outcome, reason_code, reason, label } of rowsOf(runItemsTable).added()) {
      if (outcome === 'succeeded') continue;
      const key = { ...runOf(event), outcome, reason_code: reason_code ?? UNNAMED_REASON };
      const group = rows.get(key) ?? { ...key, items: 0, labels: [], reason };
      const labels = group.labels.length < LABELS_KEPT ? [...group.labels, label] : group.labels;
      rows.put({ ...group, items: group.items + 1, labels });
    }
  },
});
