import { RunItemsRecorded } from '../../../src/runs/run-events.js';
import { bigint, text, uuid } from '../../engine/columns.js';
import { defineModel } from '../../engine/model.js';
import { defineTable } from '../../engine/table.js';
import { runOf, timeOf } from '../event-facts.js';
import { runsTable } from './runs.js';

/**
 * The newest inventory that read all policies of a type. A policy of the type that it neither recorded nor repeated is
 * gone.
 */
export const policyTypeReadingsTable = defineTable({
  name: 'policy_type_readings',
  columns: { tenant_id: uuid(), policy_type: text(), run_id: text(), at: bigint(), position: bigint() },
  key: ['tenant_id', 'policy_type'],
  access: 'tenant',
});

export const policyTypeReadings = defineModel({
  table: policyTypeReadingsTable,
  wants: [RunItemsRecorded],
  fold(event, rows, rowsOf) {
    const { tenant_id, run_id } = runOf(event);
    if (rowsOf(runsTable).get({ tenant_id, run_id })?.type !== 'inventory.sync') return;
    const { position } = event;
    // An inventory's item without a subject is a whole type; its id is the type's name.
    for (const { itemId, subject, outcome } of event.data.items)
      if (subject === null && outcome === 'succeeded')
        rows.put({ tenant_id, policy_type: itemId, run_id, at: timeOf(event), position });
  },
});
