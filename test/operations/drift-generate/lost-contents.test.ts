import t from 'tap';
import { driftGenerate } from '../../../src/operations/drift-generate/drift-generate.js';
import { inventorySync } from '../../../src/operations/inventory-sync/inventory-sync.js';
import { catalogPolicy, choice } from '../../policies/policy-builder.js';
import { createOperationBed, findingsIn } from '../../support/operation-bed.js';
import { scriptedTenant } from '../../support/scripted-tenant.js';

/**
 * Goal: a policy whose stored content is gone or can't be read is not comparable, with a reason of its own, and the
 * others are compared. Method: real inventories and comparisons, with contents that are lost in between.
 */
const policy = (id: string, value = '1') =>
  catalogPolicy([choice('s', `s_${value}`)], { id, name: `Policy ${id}` });

async function twoInventories() {
  const { state, graph } = scriptedTenant();
  const bed = createOperationBed(graph);
  const artifacts: Map<string, string>[] = [];
  for (const policies of [
    ['a', 'b', 'c', 'd', 'gone'].map((id) => policy(id)),
    [policy('a', '2'), policy('b', '2'), policy('c', '2'), policy('d'), policy('new')],
  ]) {
    state.policies = policies;
    const { events } = await bed.run(inventorySync);
    artifacts.push(
      new Map(
        events.flatMap((event) =>
          event.type === 'InventoryItemsObserved'
            ? event.data.policies.map(({ policyId, artifact }) => [policyId, artifact] as const)
            : [],
        ),
      ),
    );
  }
  const [before, after] = artifacts;
  const of = (side: Map<string, string> | undefined, id: string) => side?.get(id) ?? '';
  const compare = async () => {
    const run = await bed.run(driftGenerate);
    return {
      findings: findingsIn(run).map(({ kind, subjectId }) => `${kind} ${subjectId}`),
      skipped: run.items.filter(({ outcome }) => outcome !== 'succeeded'),
      summary: run.summary,
    };
  };
  return { bed, compare, before: (id: string) => of(before, id), after: (id: string) => of(after, id) };
}

t.test('each lost content is named with its inventory, and the others are compared', async (t) => {
  const { bed, compare, before, after } = await twoInventories();
  bed.artifacts.stored.delete(before('a'));
  bed.artifacts.unreadable.add(after('b'));
  for (const address of [before('gone'), after('new'), after('d')]) bed.artifacts.unreadable.add(address);
  const { findings, skipped, summary } = await compare();
  t.same(findings.sort(), ['added new', 'changed c', 'removed gone'], 'these need no content, or have it');
  t.match(
    skipped.map(({ subject, outcome, reasonCode, reason }) => [subject?.id, outcome, reasonCode, reason]),
    [
      [
        'a',
        'skipped',
        'not_comparable',
        'Its stored content of the baseline inventory is gone. Its hashes say that it changed.',
      ],
      [
        'b',
        'skipped',
        'not_comparable',
        /^Its stored content of the current inventory can’t be read: .* that it changed\.$/,
      ],
    ],
  );
  t.equal(summary, '3 findings in 4 policies, 2 not comparable');
});

t.test('the next inventory stores the content again', async (t) => {
  const { bed, compare, before, after } = await twoInventories();
  bed.artifacts.unreadable.add(before('a'));
  bed.artifacts.unreadable.add(after('b'));
  await bed.run(inventorySync);
  t.same(await compare(), { findings: [], skipped: [], summary: '0 findings in 5 policies' });
  t.same(
    [...bed.artifacts.unreadable],
    [before('a')],
    'what the tenant has is stored, what it had stays lost',
  );
});
