import type { JsonObject } from '../../../src/ledger/canonical-json.js';
import {
  RESTORE_ACTIONS,
  type RestoreAction,
  RestorePlanned,
} from '../../../src/operations/restore-preview/restore-events.js';
import type { ConnectedDirectory } from '../../../src/tenancy/connected-directory.js';
import { bigint, integer, jsonb, nullable, text, uuid } from '../../engine/columns.js';
import { defineModel } from '../../engine/model.js';
import { defineTable } from '../../engine/table.js';
import { runOf } from '../event-facts.js';

/** Places of the actions in a list: what needs a person's attention comes first, what is left alone last. */
const ATTENTION: Readonly<Record<RestoreAction, number>> = {
  blocked: 0,
  ambiguous: 1,
  recreated: 2,
  update: 3,
  create: 4,
  not_supported: 5,
  leave: 6,
};

/** What a preview says about each policy. */
const restorePlansTable = defineTable({
  name: 'restore_plans',
  columns: {
    tenant_id: uuid(),
    run_id: text(),
    policy_key: text(),
    /** The place in the list: by action, and within an action in the order of writing. */
    place: bigint(),
    action: text<RestoreAction>(),
    policy_type: text(),
    policy_id: text(),
    name: text(),
    snapshot_id: text(),
    live_id: nullable(text()),
    writes: integer(),
    limits: jsonb<JsonObject[]>(),
    refers_to: jsonb<JsonObject[]>(),
    evidence: nullable(jsonb<JsonObject>()),
  },
  key: ['tenant_id', 'run_id', 'policy_key'],
  indexes: ['(tenant_id, run_id, place)', '(tenant_id, run_id, action, place)'],
  access: 'tenant',
});

/** More than the policies of any backup set, so that places of one action never reach those of the next. */
const PLACES_PER_ACTION = 1_000_000;

export const restorePlans = defineModel({
  table: restorePlansTable,
  foldVersion: 2,
  wants: [RestorePlanned],
  finalAfter: 'event',
  fold(event, rows, rowsOf) {
    const key = runOf(event);
    let planned = rowsOf(restorePreviewsTable).before(key)?.planned ?? 0;
    for (const policy of event.data.policies) {
      const { action, evidence, references, limits } = policy;
      rows.put({
        ...key,
        policy_key: policy.itemId,
        place: ATTENTION[action] * PLACES_PER_ACTION + planned,
        action,
        policy_type: policy.policyType,
        policy_id: policy.policyId,
        name: policy.name,
        snapshot_id: policy.snapshot,
        live_id: policy.liveId,
        writes: policy.writes,
        limits,
        refers_to: references,
        evidence,
      });
      planned += 1;
    }
  },
});

/** Each preview, counted. */
const restorePreviewsTable = defineTable({
  name: 'restore_previews',
  columns: {
    tenant_id: uuid(),
    run_id: text(),
    set_id: text(),
    planned: integer(),
    /** How many policies there are of each action. */
    actions: jsonb<Readonly<Record<RestoreAction, number>>>(),
    /** How many requests a restore would send in all. */
    writes: integer(),
    position: bigint(),
    /** The directory that was read; null in what older programs wrote down. */
    directory: nullable(jsonb<ConnectedDirectory>()),
  },
  key: ['tenant_id', 'run_id'],
  access: 'tenant',
});

const NONE = Object.fromEntries(RESTORE_ACTIONS.map((action) => [action, 0])) as Record<
  RestoreAction,
  number
>;

export const restorePreviews = defineModel({
  table: restorePreviewsTable,
  foldVersion: 2,
  wants: [RestorePlanned],
  finalAfter: 'run',
  keys: (event) => [runOf(event)],
  fold(event, rows) {
    const key = runOf(event);
    const known = rows.get(key) ?? {
      ...key,
      set_id: event.data.setId,
      planned: 0,
      actions: NONE,
      writes: 0,
      position: event.position,
      directory: null,
    };
    const actions = { ...known.actions };
    let writes = known.writes;
    for (const policy of event.data.policies) {
      actions[policy.action] += 1;
      writes += policy.writes;
    }
    const { directory, policies } = event.data;
    rows.put({ ...known, planned: known.planned + policies.length, actions, writes, directory });
  },
});
