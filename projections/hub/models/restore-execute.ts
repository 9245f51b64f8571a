import type { RecordedEvent } from '../../../src/ledger/event-registry.js';
import {
  type AppliedPolicy,
  RestoreApplied,
} from '../../../src/operations/restore-execute/restore-applied.js';
import { EffectIntended, EffectSettled } from '../../../src/runs/run-events.js';
import { bigint, boolean, integer, nullable, text, uuid } from '../../engine/columns.js';
import { defineModel } from '../../engine/model.js';
import { defineTable } from '../../engine/table.js';
import { runOf, timeOf } from '../event-facts.js';

/** The requests by which runs change something outside: each intent with its outcome. */
const runEffectsTable = defineTable({
  name: 'run_effects',
  columns: {
    tenant_id: uuid(),
    run_id: text(),
    item_id: text(),
    action: text(),
    try_number: integer(),
    method: nullable(text()),
    path: nullable(text()),
    client_request_id: text(),
    intended_at: bigint(),
    intended_revision: integer(),
    /** Null while nobody knows the outcome. */
    outcome: nullable(text()),
    settled_at: nullable(bigint()),
    looked_up: boolean(),
    reason_code: nullable(text()),
    reason: nullable(text()),
  },
  key: ['tenant_id', 'run_id', 'item_id', 'action', 'try_number'],
  access: 'tenant',
});

export const runEffects = defineModel({
  table: runEffectsTable,
  wants: [EffectIntended, EffectSettled],
  finalAfter: 'run',
  keys: (event) => [effectKeyOf(event)],
  fold(event, rows) {
    const key = effectKeyOf(event);
    if (event.type === 'EffectIntended') {
      const { details, clientRequestId } = event.data;
      rows.put({
        ...key,
        method: textIn(details.method),
        path: textIn(details.path),
        client_request_id: clientRequestId,
        intended_at: timeOf(event),
        intended_revision: event.revision,
        outcome: null,
        settled_at: null,
        looked_up: false,
        reason_code: null,
        reason: null,
      });
      return;
    }
    const intended = rows.get(key);
    const { outcome, lookedUp, reasonCode, reason } = event.data;
    if (intended)
      rows.put({
        ...intended,
        outcome,
        settled_at: timeOf(event),
        looked_up: lookedUp,
        reason_code: reasonCode,
        reason,
      });
  },
});

function effectKeyOf(
  event: RecordedEvent<
    string,
    { readonly itemId: string; readonly action: string; readonly tryNumber: number }
  >,
) {
  const { itemId, action, tryNumber } = event.data;
  return { ...runOf(event), item_id: itemId, action, try_number: tryNumber };
}

const textIn = (value: unknown): string | null => (typeof value === 'string' ? value : null);

/** What restores did to policies, or what dry runs would have done. */
const restoredPoliciesTable = defineTable({
  name: 'restored_policies',
  columns: {
    tenant_id: uuid(),
    run_id: text(),
    policy_key: text(),
    action: text<AppliedPolicy['action']>(),
    /** The id that it has now. */
    live_id: nullable(text()),
    writes: integer(),
    /** The snapshot of it as it was before; null when it was created. */
    before_snapshot: nullable(text()),
  },
  key: ['tenant_id', 'run_id', 'policy_key'],
  access: 'tenant',
});

export const restoredPolicies = defineModel({
  table: restoredPoliciesTable,
  wants: [RestoreApplied],
  finalAfter: 'event',
  fold(event, rows) {
    for (const { itemId, action, liveId, writes, before } of event.data.policies)
      rows.put({
        ...runOf(event),
        policy_key: itemId,
        action,
        live_id: liveId,
        writes,
        before_snapshot: before,
      });
  },
});
