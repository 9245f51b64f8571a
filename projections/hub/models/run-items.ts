import type { RowSet } from '../../engine/row-set.js';
import { defineTable } from '../../engine/table.js';
import { type EventOf, runOf, timeOf } from '../event-facts.js';
import type { HubTables } from '../tables.js';
import type { RunRow } from './runs.js';

export type RunItemRow = HubTables['run_items'];

export const runItemsTable = defineTable<RunItemRow>({
  name: 'run_items',
  columns: {
    tenant_id: 'uuid not null',
    run_id: 'text not null',
    item_id: 'text not null',
    ordinal: 'integer not null',
    label: 'text not null',
    subject_type: 'text null',
    subject_id: 'text null',
    outcome: 'text not null',
    reason_code: 'text null',
    reason: 'text null',
    attempt: 'integer not null',
    at: 'bigint not null',
    revision: 'integer not null',
    position: 'bigint not null',
  },
  key: ['tenant_id', 'run_id', 'item_id'],
  indexes: [
    '(tenant_id, run_id, ordinal)',
    '(tenant_id, run_id, outcome, ordinal)',
    '(tenant_id, run_id, reason_code) where reason_code is not null',
  ],
  access: 'tenant',
});

/** Records the items that the run doesn't have yet, and returns them: an item's first outcome stays (R7). */
export function foldRunItems(
  event: EventOf<'RunItemsRecorded'>,
  run: RunRow,
  rows: RowSet<RunItemRow>,
): readonly RunItemRow[] {
  const fresh: RunItemRow[] = [];
  for (const item of event.data.items) {
    const key = { ...runOf(event), item_id: item.itemId };
    if (rows.get(key)) continue;
    const row: RunItemRow = {
      ...key,
      ordinal: run.processed + fresh.length + 1,
      label: item.label,
      subject_type: item.subject?.type ?? null,
      subject_id: item.subject?.id ?? null,
      outcome: item.outcome,
      reason_code: item.reasonCode,
      reason: item.reason,
      attempt: event.envelope.attempt ?? run.attempt,
      at: timeOf(event),
      revision: event.revision,
      position: event.position,
    };
    rows.put(row);
    fresh.push(row);
  }
  return fresh;
}
