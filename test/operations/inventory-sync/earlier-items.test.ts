import t from 'tap';
import { driftGenerate } from '../../../src/operations/drift-generate/drift-generate.js';
import { readEarlierItems } from '../../../src/operations/inventory-sync/earlier-items.js';
import { inventorySync } from '../../../src/operations/inventory-sync/inventory-sync.js';
import { readObservations } from '../../../src/operations/inventory-sync/read-observations.js';
import { originKey } from '../../../src/runs/repeated-items.js';
import { catalogPolicy, choice } from '../../policies/policy-builder.js';
import { BED_TENANT, type BedRun, createOperationBed, findingsIn } from '../../support/operation-bed.js';
import { scriptedTenant } from '../../support/scripted-tenant.js';

/**
 * Goal: an observation is recorded once, and later inventories that saw the same refer to it. Method: inventories of
 * a scripted tenant, their events, and what is read back from them.
 */
const policy = (id: string, value = 's_1') =>
  catalogPolicy([choice('s', value)], { id, name: `Policy ${id}` });
const eventsOf = ({ events }: BedRun, type: string) => events.filter((event) => event.type === type);
const repeatsIn = (run: BedRun) =>
  run.events.flatMap((event) => (event.type === 'RunItemsRepeated' ? event.data.from : []));

async function bedOf(ids: readonly string[]) {
  const { state, graph } = scriptedTenant();
  const bed = createOperationBed(graph);
  state.policies = ids.map((id) => policy(id));
  const seenIn = async ({ runId }: BedRun) => {
    const { items = [] } = (await readObservations(bed.builder.ledger, BED_TENANT, runId)) ?? {};
    const policies = items.flatMap(({ policy: seen }) => (seen ? [seen] : []));
    return policies.sort((one, other) => (one.itemId < other.itemId ? -1 : 1));
  };
  return { state, bed, seenIn, first: await bed.run(inventorySync) };
}

t.test('an unchanged inventory refers to the one before', async (t) => {
  const { bed, seenIn, first } = await bedOf(['a', 'b', 'c']);
  const second = await bed.run(inventorySync);
  t.equal(second.summary, first.summary);
  t.same(eventsOf(second, 'InventoryItemsObserved'), []);
  t.ok(
    second.items.every(({ subject }) => subject === null),
    'the items of whole types alone',
  );
  t.match(repeatsIn(second), [{ runId: first.runId }]);
  t.match(eventsOf(second, 'RunItemsRepeated')[0]?.data, {
    subjects: [{ type: 'configurationPolicies', items: 3 }],
  });
  t.same(await seenIn(second), await seenIn(first));
  t.equal((await seenIn(second)).length, 3);
  t.same(findingsIn(await bed.run(driftGenerate)), []);
});

t.test('what changed is recorded, and references lead to where things were recorded', async (t) => {
  const { state, bed, seenIn, first } = await bedOf(['a', 'b', 'c', 'd']);
  await bed.run(inventorySync);
  state.policies = [policy('a'), policy('b', 's_2'), policy('d'), policy('e')];
  const third = await bed.run(inventorySync);
  t.equal(third.items.filter(({ subject }) => subject !== null).length, 2, 'one that changed and a new one');
  const kinds = findingsIn(await bed.run(driftGenerate)).map(({ kind }) => kind);
  t.same(kinds.sort(), ['added', 'changed', 'removed']);
  const fourth = await bed.run(inventorySync);
  t.same(
    repeatsIn(fourth)
      .map(({ runId }) => runId)
      .sort(),
    [first.runId, third.runId].sort(),
  );
  t.same(await seenIn(fourth), await seenIn(third));
  t.same(findingsIn(await bed.run(driftGenerate)), []);
});

t.test('a policy that could not be read is recorded each time', async (t) => {
  const { state, bed } = await bedOf(['a']);
  state.unreadable = [{ policyType: 'configurationPolicies', id: 'x', name: 'Policy x' }];
  for (let n = 0; n < 2; n++) {
    const run = await bed.run(inventorySync);
    t.match(
      run.items.filter(({ outcome }) => outcome === 'failed'),
      [{ subject: { id: 'x' } }],
    );
  }
});

t.test('a later attempt knows what an earlier one has repeated', async (t) => {
  const { bed, first } = await bedOf(['a', 'b']);
  const { ledger } = bed.builder;
  const { items = [] } = (await readObservations(ledger, BED_TENANT, first.runId)) ?? {};
  const [one, other] = items.filter(({ policy: seen }) => seen);
  const scopeKey = String(first.events[0]?.type === 'RunQueued' && first.events[0].data.scope.scopeKey);
  const repeated = new Set(one ? [originKey(one.origin)] : []);
  const earlier = await readEarlierItems(ledger, { tenantId: BED_TENANT, repeated }, scopeKey);
  t.equal(earlier.isRepeated(one?.item.itemId ?? ''), true);
  t.equal(earlier.isRepeated(other?.item.itemId ?? ''), false);
  t.equal(earlier.repeatedOf('configurationPolicies'), 1);
});
