import type { RowSet } from '../../engine/row-set.js';
import { defineTable } from '../../engine/table.js';
import { type EventOf, tenantOf, timeOf } from '../event-facts.js';
import type { HubTables } from '../tables.js';
import { initiatorId } from './initiator.js';

export type RunAskRow = HubTables['run_asks'];

export const runAsksTable = defineTable<RunAskRow>({
  name: 'run_asks',
  columns: {
    tenant_id: 'uuid not null',
    run_id: 'text not null',
    initiator_kind: 'text not null',
    initiator_id: 'text not null',
    at: 'bigint not null',
  },
  key: ['tenant_id', 'run_id', 'initiator_kind', 'initiator_id'],
  // Who asked first stays: later askings of the same person say nothing new.
  onConflict: 'keep',
  access: 'tenant',
});

/** Somebody asked for a run that was already active (R5). */
export function foldRunAsk(event: EventOf<'RunAsked'>, rows: RowSet<RunAskRow>): void {
  const { runId, initiator } = event.data;
  const key = {
    tenant_id: tenantOf(event),
    run_id: runId,
    initiator_kind: initiator.kind,
    initiator_id: initiatorId(initiator),
  };
  if (!rows.get(key)) rows.put({ ...key, at: timeOf(event) });
}
