import t from 'tap';
import { systemClock } from '../../src/clock.js';
import { GRAPH_CLIENT_LIMITS } from '../../src/graph/client/graph-call.js';
import type { GraphClient } from '../../src/graph/client/graph-client.js';
import type { PolicyReadResult } from '../../src/graph/policies/graph-policy.js';
import { inventorySync } from '../../src/operations/inventory-sync/inventory-sync.js';
import type { OperationServices } from '../../src/operations/operation-services.js';
import type { RunHandle } from '../../src/operations/run-handle.js';
import type { Words } from '../../src/operations/vocabulary.js';
import { POLICY_TYPES, type PolicyType } from '../../src/policies/catalogue/policy-types.js';
import { selectionSchema } from '../../src/policies/selection.js';
import type { ItemOutcome } from '../../src/runs/run-events.js';
import { withinItemBudget } from '../../src/worker/item-budget.js';
import { createEventBuilder } from '../support/event-builder.js';

/**
 * Goal: a request that hangs costs its own item and not the whole inventory. Method: the handler with a run that
 * keeps outcomes in memory, and a Graph that hangs at one type or artifacts that hang at one policy.
 */
const [hanging, sound] = POLICY_TYPES as readonly [PolicyType, PolicyType];

function policyOf(type: PolicyType, id: string): PolicyReadResult {
  const raw = { id, displayName: id, name: id };
  return { kind: 'policy', type, id, name: id, raw, settings: null, assignments: [] };
}

async function inventory(over: {
  policies: (type: PolicyType, signal?: AbortSignal) => AsyncIterable<PolicyReadResult>;
  put?: (body: Uint8Array) => Promise<string>;
}) {
  const { signal } = new AbortController();
  const recorded = new Map<string, ItemOutcome>();
  const run: Partial<RunHandle> = {
    tenantId: 'tenant',
    signal,
    recorded,
    repeated: new Set(),
    setTotal: async () => undefined,
    flush: async () => undefined,
    record: async (outcome) => void recorded.set(outcome.itemId, outcome),
    withinItemBudget: (work) => withinItemBudget({ clock: systemClock, signal, budgetMs: 50 }, work),
  };
  const graph: Partial<GraphClient> = { policies: (type, call) => over.policies(type, call?.signal) };
  const artifacts = {
    put: async (_tenantId: string, body: Uint8Array) => over.put?.(body) ?? 'a'.repeat(64),
    get: async () => undefined,
    digest: async () => 'b'.repeat(64),
  };
  const services: Partial<OperationServices> = {
    artifacts,
    ledger: createEventBuilder().ledger,
    graph: async () => graph as GraphClient,
  };
  const selection = selectionSchema.parse({ policyTypes: [hanging.name, sound.name] });
  const context = { selection, scopeKey: 'c'.repeat(32) };
  const { summary } = await inventorySync.handle(
    run as RunHandle<Words>,
    context,
    services as OperationServices,
  );
  return { summary, recorded };
}

t.test('the client gives a slow policy up before the item budget would end its whole type', async (t) => {
  const { policyTimeMs, waitBudgetMs, attemptsMax, requestTimeoutMs, backoffMaxMs } = GRAPH_CLIENT_LIMITS;
  const listingPageMs = attemptsMax * (requestTimeoutMs + backoffMaxMs);
  // A policy is read in a batch first, and then separately.
  const slowestMs = waitBudgetMs + listingPageMs + 2 * policyTimeMs;
  t.ok(inventorySync.itemBudgetMs > slowestMs, `${inventorySync.itemBudgetMs} > ${slowestMs}`);
  t.ok(inventorySync.budgetMs > inventorySync.itemBudgetMs);
});

t.test('a type whose next policy never comes fails, and the other types are read', async (t) => {
  let abandoned = false;
  const { summary, recorded } = await inventory({
    async *policies(type, signal) {
      yield policyOf(type, 'first');
      if (type !== hanging) return;
      signal?.addEventListener('abort', () => {
        abandoned = true;
      });
      await new Promise(() => undefined);
    },
  });
  t.match(recorded.get(hanging.name), { outcome: 'failed', reasonCode: 'item_budget_exceeded' });
  t.match(recorded.get(`${hanging.name}/first`), { outcome: 'succeeded' });
  t.match(recorded.get(sound.name), { outcome: 'succeeded' });
  t.match(summary, '2 policies read, 1 not readable');
  t.ok(abandoned, 'the unfinished request is aborted');
});

t.test('a policy that cannot be kept in time fails, and the others of its type are read', async (t) => {
  const stuck = 'the stuck one';
  const { recorded } = await inventory({
    async *policies(type) {
      for (const id of [stuck, 'next']) yield policyOf(type, id);
    },
    put: (body) => {
      const isStuck = Buffer.from(body).includes(stuck);
      return isStuck ? new Promise(() => undefined) : Promise.resolve('a'.repeat(64));
    },
  });
  for (const { name } of [hanging, sound]) {
    t.match(recorded.get(`${name}/${stuck}`), { outcome: 'failed', reasonCode: 'item_budget_exceeded' });
    t.match(recorded.get(`${name}/next`), { outcome: 'succeeded' });
    t.match(recorded.get(name), { outcome: 'succeeded' });
  }
});
