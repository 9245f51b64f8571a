import { isEvent } from '../../../src/ledger/event-registry.js';
import { type Related, RunCompleted, RunQueued } from '../../../src/runs/run-events.js';
import { bigint, text, uuid } from '../../engine/columns.js';
import { defineModel } from '../../engine/model.js';
import { defineTable } from '../../engine/table.js';
import { runOf } from '../event-facts.js';
import { runsTable } from './runs.js';

/** What a run uses, what it produced, and the run that caused it (relation `caused_by`). */
export const runLinksTable = defineTable({
  name: 'run_links',
  columns: {
    tenant_id: uuid(),
    run_id: text(),
    relation: text(),
    target_kind: text(),
    target_id: text(),
    label: text(),
    position: bigint(),
  },
  key: ['tenant_id', 'run_id', 'relation', 'target_kind', 'target_id'],
  // For looking up the runs that link to something.
  indexes: ['(tenant_id, target_kind, target_id, position desc)'],
  access: 'tenant',
});

export const runLinks = defineModel({
  table: runLinksTable,
  wants: [RunQueued, RunCompleted],
  finalAfter: 'run',
  fold(event, rows, rowsOf) {
    const { tenant_id, run_id } = runOf(event);
    if (!rowsOf(runsTable).get({ tenant_id, run_id })) return;
    const { position } = event;
    const link = ({ relation, kind, id, label }: Related) =>
      rows.put({ tenant_id, run_id, relation, target_kind: kind, target_id: id, label, position });
    event.data.related.forEach(link);
    if (isEvent(event, RunQueued) && event.data.causedBy) {
      const { runId, relation } = event.data.causedBy;
      link({ relation: 'caused_by', kind: 'run', id: runId, label: relation });
    }
  },
});
