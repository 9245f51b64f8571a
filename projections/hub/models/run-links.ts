import type { LedgerEvent } from '../../../src/events.js';
import type { Related } from '../../../src/runs/run-events.js';
import type { RowSet } from '../../engine/row-set.js';
import { defineTable } from '../../engine/table.js';
import { runOf } from '../event-facts.js';
import type { HubTables } from '../tables.js';

export type RunLinkRow = HubTables['run_links'];

export const runLinksTable = defineTable<RunLinkRow>({
  name: 'run_links',
  columns: {
    tenant_id: 'uuid not null',
    run_id: 'text not null',
    relation: 'text not null',
    target_kind: 'text not null',
    target_id: 'text not null',
    label: 'text not null',
    position: 'bigint not null',
  },
  key: ['tenant_id', 'run_id', 'relation', 'target_kind', 'target_id'],
  // From the other end.
  indexes: ['(tenant_id, target_kind, target_id, position desc)'],
  access: 'tenant',
});

/** What a run relies on, what it produced, and the run that caused it (relation `caused_by`). */
export function foldRunLinks(event: LedgerEvent, rows: RowSet<RunLinkRow>): void {
  if (event.type !== 'RunQueued' && event.type !== 'RunCompleted') return;
  const link = ({ relation, kind, id, label }: Related) =>
    rows.put({
      ...runOf(event),
      relation,
      target_kind: kind,
      target_id: id,
      label,
      position: event.position,
    });
  event.data.related.forEach(link);
  if (event.type === 'RunQueued' && event.data.causedBy) {
    const { runId, relation } = event.data.causedBy;
    link({ relation: 'caused_by', kind: 'run', id: runId, label: relation });
  }
}
