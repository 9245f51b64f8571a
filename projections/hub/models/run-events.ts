import type { LedgerEvent } from '../../../src/events.js';
import type { JsonObject } from '../../../src/ledger/canonical-json.js';
import type { RowSet } from '../../engine/row-set.js';
import { defineTable } from '../../engine/table.js';
import { runOf, timeOf } from '../event-facts.js';
import type { HubTables } from '../tables.js';

export type RunEventRow = HubTables['run_events'];

export const runEventsTable = defineTable<RunEventRow>({
  name: 'run_events',
  columns: {
    tenant_id: 'uuid not null',
    run_id: 'text not null',
    revision: 'integer not null',
    position: 'bigint not null',
    event_id: 'uuid not null',
    type: 'text not null',
    at: 'bigint not null',
    actor_kind: 'text not null',
    actor_id: 'text not null',
    attempt: 'integer null',
    // As written, not as parsed: nothing asks for what is inside.
    data: 'json not null',
    metadata: 'json not null',
  },
  key: ['tenant_id', 'run_id', 'revision'],
  access: 'tenant',
});

/** Copies an event as the store holds it, so that its hashes can be checked from the copy. */
export function foldRunEvent(event: LedgerEvent, rows: RowSet<RunEventRow>): void {
  const { raw, envelope } = event;
  const { tenant_id, run_id } = runOf(event);
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
}
