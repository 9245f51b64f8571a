import { actorOf, nameThen } from '../../../src/runs/initiator.js';
import { RunAsked } from '../../../src/runs/run-events.js';
import { bigint, nullable, text, uuid } from '../../engine/columns.js';
import { defineModel } from '../../engine/model.js';
import { defineTable } from '../../engine/table.js';
import { tenantOf, timeOf } from '../event-facts.js';

export const runAsksTable = defineTable({
  name: 'run_asks',
  columns: {
    tenant_id: uuid(),
    run_id: text(),
    initiator_kind: text(),
    initiator_id: text(),
    /** As in `runs`. */
    initiator_name: nullable(text()),
    at: bigint(),
  },
  key: ['tenant_id', 'run_id', 'initiator_kind', 'initiator_id'],
  // The first request of a person is kept; later ones add nothing.
  onConflict: 'keep',
  access: 'tenant',
});

/** Who asked to start a run that was already active (R5). */
export const runAsks = defineModel({
  table: runAsksTable,
  wants: [RunAsked],
  fold(event, rows) {
    const { runId, initiator } = event.data;
    const key = {
      tenant_id: tenantOf(event),
      run_id: runId,
      initiator_kind: initiator.kind,
      initiator_id: actorOf(initiator).id,
    };
    if (!rows.get(key)) rows.put({ ...key, initiator_name: nameThen(initiator), at: timeOf(event) });
  },
});
