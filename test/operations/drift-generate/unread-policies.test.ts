import t from 'tap';
import { driftGenerate } from '../../../src/operations/drift-generate/drift-generate.js';
import { inventorySync } from '../../../src/operations/inventory-sync/inventory-sync.js';
import type { PolicyInSet } from '../../../src/policies/compare-policy-sets.js';
import { catalogPolicy, choice, plainPolicy } from '../../policies/policy-builder.js';
import { createOperationBed, findingsIn } from '../../support/operation-bed.js';
import { scriptedTenant, type Unreadable } from '../../support/scripted-tenant.js';

/**
 * Goal: policies that an inventory didn't read are not reported as removed, added or re-created, whichever of the two
 * inventories it was. Method: three inventories, the middle one with failures, and both comparisons with it.
 */
const policy = (id: string, name = `Policy ${id}`, value = '1') =>
  catalogPolicy([choice('s', `s_${value}`)], { id, name });
const three = [policy('a'), policy('b'), policy('c')];
const unreadable = (id: string | null, name: string | null): Unreadable => ({
  policyType: 'configurationPolicies',
  id,
  name,
});

/** The results of both comparisons with the middle inventory: findings, and items that can't be compared. */
async function around(
  before: readonly PolicyInSet[],
  middle: { policies: readonly PolicyInSet[]; unreadable?: Unreadable[]; failingTypes?: string[] },
  after = before,
) {
  const { state, graph } = scriptedTenant();
  const bed = createOperationBed(graph);
  const inventory = async (policies: readonly PolicyInSet[], trouble: Partial<typeof middle> = {}) => {
    Object.assign(state, { unreadable: [], failingTypes: [], ...trouble, policies });
    return bed.run(inventorySync);
  };
  const compare = async () => {
    const run = await bed.run(driftGenerate);
    const findings = findingsIn(run).map(({ kind, subjectId }) => `${kind} ${subjectId}`);
    const skipped = run.items.filter(({ outcome }) => outcome !== 'succeeded');
    return { findings, skipped, summary: run.summary };
  };
  await inventory(before);
  await inventory(middle.policies, middle);
  const into = await compare();
  await inventory(after);
  const from = await compare();
  return { into, from };
}

t.test('a policy that could not be read is not comparable, both ways', async (t) => {
  const [a, , c] = three as [PolicyInSet, PolicyInSet, PolicyInSet];
  for (const reasonCode of ['graph_unavailable', 'graph_forbidden', 'graph_not_found'] as const) {
    const trouble = [{ ...unreadable('B', 'Policy b'), reasonCode }];
    const { into, from } = await around(three, { policies: [a, c], unreadable: trouble });
    for (const [{ findings, skipped, summary }, side] of [
      [into, 'current'],
      [from, 'baseline'],
    ] as const) {
      t.same(findings, [], `${reasonCode}: no finding`);
      t.match(skipped, [
        {
          subject: { id: 'b' },
          outcome: 'skipped',
          reasonCode: 'not_comparable',
          reason: `It could not be read in the ${side} inventory (${reasonCode}).`,
        },
      ]);
      t.equal(summary, '0 findings in 2 policies, 1 not comparable');
    }
  }
});

t.test('an entry without an id is the policy of its name', async (t) => {
  const [a, , c] = three as [PolicyInSet, PolicyInSet, PolicyInSet];
  const trouble = [unreadable(null, 'Policy b')];
  const { into, from } = await around(three, { policies: [a, c], unreadable: trouble });
  for (const { findings, skipped } of [into, from]) {
    t.same(findings, []);
    t.match(skipped, [{ subject: { id: 'b' }, reason: /A policy of its name could not be read/ }]);
    t.equal(skipped.length, 1);
  }
});

t.test('an entry without id and known name may be any policy that is missing', async (t) => {
  const [a] = three as [PolicyInSet];
  for (const name of [null, 'Another name']) {
    const { into, from } = await around(three, { policies: [a], unreadable: [unreadable(null, name)] });
    for (const { findings, skipped } of [into, from]) {
      t.same(findings, []);
      t.same(skipped.map(({ subject }) => subject?.id).sort(), ['b', 'c']);
    }
  }
});

t.test('a policy is not paired as re-created with what was not read', async (t) => {
  const [a, b] = three as [PolicyInSet, PolicyInSet];
  const trouble = [unreadable('b2', 'Policy b')];
  const { into, from } = await around([a, b], { policies: [a], unreadable: trouble }, [
    a,
    policy('b2', 'Policy b'),
  ]);
  t.same(into.findings, []);
  t.match(into.skipped, [{ subject: { id: 'b' } }]);
  t.same(from.findings, [], 'nor is it new');
});

t.test('others of the type are compared all the same', async (t) => {
  const [a] = three as [PolicyInSet];
  const changed = policy('c', 'Policy c', '2');
  const { into } = await around(three, { policies: [a, changed], unreadable: [unreadable('b', null)] });
  t.same(into.findings, ['changed c']);
});

t.test('a removal is reported where something else was not read', async (t) => {
  const [a, b] = three as [PolicyInSet, PolicyInSet];
  const { into } = await around(three, { policies: [a], unreadable: [unreadable('b', 'Policy b')] }, [a, b]);
  t.same(into.findings, ['removed c']);
});

t.test('a type that was not read to its end is not comparable', async (t) => {
  const script = plainPolicy('deviceManagementScripts', {}, { id: 's' });
  const middle = { policies: [script], failingTypes: ['configurationPolicies'] };
  const { into, from } = await around([...three, script], middle);
  for (const { findings, skipped } of [into, from]) {
    t.same(findings, []);
    t.same(
      skipped.map(({ reasonCode }) => reasonCode),
      Array(3).fill('not_comparable'),
    );
    t.match(
      skipped[0]?.reason,
      /Settings catalog was not read completely in the (current|baseline) inventory/,
    );
  }
});
