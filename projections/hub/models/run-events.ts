import type { JsonObject } from '../../../src/ledger/canonical-json.js';
import { bigint, integer, json, nullable, text, uuid } from '../../engine/columns.js';
import { defineModel, everyEventOf } from '../../engine/model.js';
import { defineTable } from '../../engine/table.js';
import { runOf, timeOf } from '../event-facts.js';
import { runsTable } from './runs.js';

/** SQL: the types of events between a run's first start and its end that change what it is doing. */
export const TIMELINE_EVENTS =
  "(type in ('RunWaiting', 'RunReleased') or (type = 'RunStarted' and attempt > 1))";

/** SQL: the types of events that begin and end attempts. */
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
    // Kept exactly as written, because the hashes are checked against it; no query searches it.
    data: json<JsonObject>(),
    metadata: json<JsonObject>(),
  },
  key: ['tenant_id', 'run_id', 'revision'],
  // For a run's timeline. A run without interruptions has none of these events.
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
  fold(event, rows, rowsOf) {
    const { tenant_id, run_id } = runOf(event);
    if (!rowsOf(runsTable).get({ tenant_id, run_id })) return;
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
