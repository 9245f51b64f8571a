import type { JsonObject } from '../../../src/ledger/canonical-json.js';
import { bigint, integer, json, nullable, text, uuid } from '../../engine/columns.js';
import { defineModel, everyEventOf } from '../../engine/model.js';
import { defineTable } from '../../engine/table.js';
import { runOf, timeOf } from '../event-facts.js';
import { runsTable } from './runs.js';

/** The events between a run's first start and its end that change what it is doing, as SQL. */
export const TIMELINE_EVENTS =
  "(type in ('RunWaiting', 'RunReleased') or (type = 'RunStarted' and attempt > 1))";

/** The events by which attempts begin and end, as SQL. */
export const ATTEMPT_EVENTS =
  "type in ('RunStarted', 'RunReleased', 'RunCompleted', 'RunFailed', 'RunAborted')";

/** A copy of each event of a run as the store holds it, so that its hashes can be checked from the copy (H5). */
export const runEventsTable = defineTable({
  name: 'run_events',
  columns: {
    tenant_id: uuid(),
    run_id: text(),
    revision: integer(),
    position: bigint(),
    event_id: uuid(),
    type: text(),
    at: bigint(),
    actor_kind: text(),
    actor_id: text(),
    attempt: nullable(integer()),
    // As written, not as parsed: nothing asks for what is inside.
    data: json<JsonObject>(),
    metadata: json<JsonObject>(),
  },
  key: ['tenant_id', 'run_id', 'revision'],
  // What a run's timeline needs besides the row of the run; a run that just goes through has none of these.
  indexes: [
    `(tenant_id, run_id, revision) where ${TIMELINE_EVENTS}`,
    `(tenant_id, run_id, revision) where ${ATTEMPT_EVENTS}`,
  ],
  access: 'tenant',
});

export const runEvents = defineModel({
  table: runEventsTable,
  wants: everyEventOf('operation'),
  finalAfter: 'event',
  fold(event, rows, look) {
    const { tenant_id, run_id } = runOf(event);
    if (!look(runsTable).get({ tenant_id, run_id })) return;
    const { raw, envelope } = event;
    rows.put({
      tenant_id,
      run_id,
      revision: event.revision,
      position: event.position,
      event_id: event.id,
      type: event.type,
      at: timeOf(event),
      actor_kind: envelope.actorKind,
      actor_id: envelope.actorId,
      attempt: envelope.attempt ?? null,
      data: raw.data as JsonObject,
      metadata: raw.metadata as JsonObject,
    });
  },
});
