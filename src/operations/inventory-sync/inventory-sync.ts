import { z } from 'zod';
import type { GraphReader } from '../../graph/client/graph-client.js';
import type { GraphPolicy, UnreadPolicy } from '../../graph/policies/graph-policy.js';
import { type PolicyType, READ_PERMISSIONS } from '../../policies/catalogue/policy-types.js';
import { COMPARING_RULES } from '../../policies/hash-inputs.js';
import {
  scopeKeyOf,
  selectionInWords,
  selectionJson,
  selectionSchema,
  typesOf,
} from '../../policies/selection.js';
import { bounded } from '../../runs/run-events.js';
import { nameHashOf } from '../../snapshots/policy-hashes.js';
import { count, number } from '../../wording/number-words.js';
import { ItemBudgetSpent } from '../budgets.js';
import { defineOperation } from '../define.js';
import { eachWithinBudget } from '../handling/each-within-budget.js';
import { endsOneType } from '../handling/ends-one-type.js';
import { graphCallOf } from '../handling/graph-call-of.js';
import { countsSoFar } from '../handling/item-outcomes.js';
import type { OperationServices } from '../operation-services.js';
import { NOT_CONNECTED } from '../plan.js';
import type { RunHandle } from '../run-handle.js';
import { schedulable } from '../schedulable.js';
import type { CommonWords, WordsOf } from '../vocabulary.js';
import { type EarlierItems, readEarlierItems } from './earlier-items.js';
import { InventoryItemsObserved, scopeKeySchema } from './inventory-events.js';
import { mergeObservations } from './merge-observations.js';
import { type Observation, observe } from './observe-policy.js';
import { failedPolicy, itemIdWithoutId, policyItemId, succeededPolicy } from './policy-items.js';
import { succeededType, typeItemId, unreadType } from './type-items.js';

const NAME_LENGTH_MAX = 500;

/** The input of a start: the selection, and whether a short listing is accepted. */
const inputSchema = selectionSchema.extend({
  /** Accept a listing as complete even when it has twice been shorter than its declared number. */
  acceptCountMismatch: z.boolean().optional(),
});

const contextSchema = z.strictObject({
  selection: selectionSchema,
  scopeKey: scopeKeySchema,
  acceptCountMismatch: z.literal(true).optional(),
});

/** Events and links of `inventory.sync` besides those of every operation type. */
const vocabulary = {
  reasonCodes: {},
  events: [InventoryItemsObserved],
  linkKinds: ['inventory'],
} as const;
type Run = RunHandle<WordsOf<typeof vocabulary>>;

export const inventorySync = defineOperation({
  type: 'inventory.sync',
  label: 'Inventory',
  description: 'Reads the tenant’s policies with their settings and assignments.',
  itemisedBy: 'policy type, then policy',
  input: inputSchema,
  withoutInput: 'all policy types',
  scope: z.strictObject({ scopeKey: scopeKeySchema }),
  context: contextSchema,
  permissions: READ_PERMISSIONS,
  schedulable: schedulable({
    given: selectionSchema,
    fields: [
      {
        name: 'policyTypes',
        kind: 'policy_types',
        label: 'Policy types',
        hint: 'Choose none to read every type, also those that later versions know.',
      },
    ],
    inWords: selectionInWords,
    inputOf: (selection) => selection,
  }),
  ...vocabulary,
  async plan({ acceptCountMismatch, ...selection }, { connected }) {
    if (!connected) return NOT_CONNECTED;
    const scopeKey = scopeKeyOf(selection);
    return {
      plan: {
        scope: { scopeKey },
        context: {
          selection: selectionJson(selection),
          scopeKey,
          ...(acceptCountMismatch && { acceptCountMismatch }),
        },
        title: bounded(`Inventory of ${selectionInWords(selection)}`, NAME_LENGTH_MAX),
        total: null,
        related: [],
      },
    };
  },
  async handle(run, { selection, scopeKey, acceptCountMismatch = false }, services) {
    const types = typesOf(selection);
    const graph = await services.graph({ tenantId: run.tenantId, run });
    const earlier = await readEarlierItems(services.ledger, run, scopeKey);
    // Number of policies by type; the run's total grows with every type that has been counted.
    const counted = new Map<string, number>();
    const noteCount = async (type: PolicyType, policies: number): Promise<void> => {
      counted.set(type.name, policies);
      await run.setTotal(types.length + [...counted.values()].reduce((sum, n) => sum + n, 0));
    };
    for (const type of types) {
      if (run.recorded.has(typeItemId(type.name)))
        counted.set(type.name, recordedOf(run, type) + earlier.repeatedOf(type.name));
      else
        await readType({
          run,
          graph,
          type,
          scopeKey,
          services,
          earlier,
          acceptCountMismatch,
          noteCount: (policies) => noteCount(type, policies),
        });
    }
    await run.flush();
    return {
      summary: summaryOf(run),
      related: [
        { relation: 'produced', kind: 'inventory', id: scopeKey, label: selectionInWords(selection) },
      ],
    };
  },
  merge: mergeObservations,
});

interface TypeReading {
  readonly run: Run;
  readonly graph: GraphReader;
  readonly type: PolicyType;
  readonly scopeKey: string;
  readonly services: OperationServices;
  readonly earlier: EarlierItems;
  readonly acceptCountMismatch: boolean;
  /** Notes how many policies the type has. */
  readonly noteCount: (policies: number) => Promise<void>;
}

type Recording = Pick<TypeReading, 'run' | 'scopeKey' | 'services' | 'earlier'>;

/**
 * Reads all policies of one type. A type that can't be read is a failed item, and the run continues with the
 * others. Errors: GraphError that would meet every further type as well, which ends the run; those of the run.
 */
async function readType(reading: TypeReading): Promise<void> {
  const { run, graph, type, earlier, noteCount } = reading;
  let declared: number | undefined;
  let seen = 0;
  let withoutId = 0;
  try {
    const policies = eachWithinBudget(run, (signal) =>
      graph.policies(type, {
        ...graphCallOf(run, signal),
        onDeclared: (policies) => {
          declared = policies;
        },
      }),
    );
    for await (const policy of policies) {
      if (seen === 0 && declared !== undefined) await noteCount(declared);
      seen += 1;
      if (policy.id === null) withoutId += 1;
      const itemId =
        policy.id === null ? itemIdWithoutId(type.name, withoutId) : policyItemId(type.name, policy.id);
      if (run.recorded.has(itemId) || earlier.isRepeated(itemId)) continue;
      if (policy.kind === 'unread') await recordUnread(reading, itemId, policy, policy);
      else await recordPolicy(reading, itemId, policy);
    }
    await run.record(succeededType(type));
  } catch (error) {
    if (!endsOneType(error)) throw error;
    if (reading.acceptCountMismatch && error.reasonCode === 'count_mismatch') {
      await run.note(`${type.label}: ${error.message}. The start asked to accept this.`);
      await run.record(succeededType(type));
    } else await run.record(await unreadType(type, error, graph));
  }
  if (seen !== (declared ?? 0)) await noteCount(seen);
}

/** Number of policies of a type that earlier attempts recorded. */
function recordedOf(run: Run, type: PolicyType): number {
  let policies = 0;
  for (const item of run.recorded.values()) if (item.subject?.type === type.name) policies += 1;
  return policies;
}

/** Records a policy, or repeats the item of an earlier inventory when nothing has changed. */
async function recordPolicy(
  { run, scopeKey, services, earlier }: Recording,
  itemId: string,
  policy: GraphPolicy,
): Promise<void> {
  let observed: Observation;
  try {
    observed = await run.withinItemBudget(() => observe(run.tenantId, policy, itemId, services));
  } catch (error) {
    if (!(error instanceof ItemBudgetSpent)) throw error;
    const why = { reasonCode: error.reasonCode, reason: error.message };
    return recordUnread({ run, scopeKey, services }, itemId, policy, why);
  }
  const outcome = succeededPolicy(itemId, policy);
  const same = earlier.sameAs(outcome, observed.policy);
  if (same) return run.repeat(same);
  await run.record(outcome, {
    type: 'InventoryItemsObserved',
    data: {
      scopeKey,
      rulesVersion: COMPARING_RULES,
      policies: [observed.policy],
      settings: observed.settings,
      unread: [],
    },
  });
}

/**
 * Records a policy that couldn't be read, with the hash of its exact name, by which a later comparison can match
 * it.
 */
async function recordUnread(
  { run, scopeKey, services }: Omit<Recording, 'earlier'>,
  itemId: string,
  policy: GraphPolicy | UnreadPolicy,
  why: { readonly reasonCode: CommonWords['failure']; readonly reason: string },
): Promise<void> {
  const nameHash = policy.name ? await nameHashOf(services.artifacts, run.tenantId, policy.name) : null;
  await run.record(failedPolicy(itemId, policy, why), {
    type: 'InventoryItemsObserved',
    data: {
      scopeKey,
      rulesVersion: COMPARING_RULES,
      policies: [],
      settings: [],
      unread: [{ itemId, nameHash }],
    },
  });
}

function summaryOf(run: Run): string {
  const { succeeded, failed, skipped } = countsSoFar(run);
  const readTypes = [...run.recorded.values()].filter(
    ({ subject, outcome }) => subject === null && outcome === 'succeeded',
  );
  const parts = [`${count(succeeded - readTypes.length, 'policy', 'policies')} read`];
  if (failed > 0) parts.push(`${number(failed)} not readable`);
  if (skipped > 0) parts.push(`${count(skipped, 'type')} without permission or licence`);
  return parts.join(', ');
}
