import { actorOf } from '../../../src/runs/initiator.js';
import { RunQueued } from '../../../src/runs/run-events.js';
import { bigint, integer, nullable, text, uuid } from '../../engine/columns.js';
import { defineModel } from '../../engine/model.js';
import { defineTable } from '../../engine/table.js';
import { runOf, timeOf } from '../event-facts.js';

/** Who has started runs of a tenant and how many, so that the list of operations can offer names to filter by. */
export const runInitiatorsTable = defineTable({
  name: 'run_initiators',
  columns: {
    tenant_id: uuid(),
    initiator_kind: text<'member' | 'schedule' | 'api'>(),
    initiator_id: text(),
    /** The latest name of a schedule or a client; null for persons, whose names are not in the log. */
    name: nullable(text()),
    runs: integer(),
    last_at: bigint(),
  },
  key: ['tenant_id', 'initiator_kind', 'initiator_id'],
  // A batch's rows hold only what the batch adds.
  merge: { runs: 'sum' },
  access: 'tenant',
});

export const runInitiators = defineModel({
  table: runInitiatorsTable,
  wants: [RunQueued],
  fold(event, rows) {
    const { initiator } = event.data;
    const key = {
      tenant_id: runOf(event).tenant_id,
      initiator_kind: initiator.kind,
      initiator_id: actorOf(initiator).id,
    };
    const name = 'name' in initiator ? (initiator.name ?? null) : null;
    rows.put({ ...key, name, runs: (rows.get(key)?.runs ?? 0) + 1, last_at: timeOf(event) });
  },
});
