import t from 'tap';
import { keepRows } from '../../../src/directory/kept-rows.js';
import { directoryEntity } from '../../../src/entities/directory/directory.js';
import { driftGenerate } from '../../../src/operations/drift-generate/drift-generate.js';
import { inventorySync } from '../../../src/operations/inventory-sync/inventory-sync.js';
import type { PolicyInSet } from '../../../src/policies/compare-policy-sets.js';
import { readRecordedItems } from '../../../src/runs/recorded-items.js';
import { originsOf } from '../../../src/runs/repeated-items.js';
import type { ItemOutcome } from '../../../src/runs/run-events.js';
import { catalogPolicy, choice, plainPolicy } from '../../policies/policy-builder.js';
import { BED_TENANT, createOperationBed, findingsIn } from '../../support/operation-bed.js';
import { scriptedTenant } from '../../support/scripted-tenant.js';

async function driftBetween(before: readonly PolicyInSet[], after: readonly PolicyInSet[]) {
  const { state, graph } = scriptedTenant();
  const bed = createOperationBed(graph);
  for (const policies of [before, after]) {
    state.policies = policies;
    await bed.run(inventorySync);
  }
  return { bed, findings: findingsIn(await bed.run(driftGenerate)) };
}
const named = (name: string, id: string) => catalogPolicy([choice('s', 's_1')], { id, name });

t.test('two persons’ policies are two policies though their names are shown alike', async (t) => {
  const { findings } = await driftBetween(
    [named('User ann@contoso.example', '1')],
    [named('User bob@contoso.example', '2')],
  );
  t.same(findings.map(({ kind }) => kind).sort(), ['added', 'removed']);
  t.equal(findings[0]?.name, findings[1]?.name, 'as they are shown');
});

t.test('a rename is found where only what is masked differs', async (t) => {
  const { findings } = await driftBetween(
    [named('User ann@contoso.example', '1')],
    [named('User bob@contoso.example', '1')],
  );
  t.match(findings, [{ kind: 'changed', nameBefore: findings[0]?.name }]);
});

t.test('a policy that moved to another type is two findings that name each other', async (t) => {
  const { findings } = await driftBetween(
    [plainPolicy('intents', {}, { id: 'i', name: 'Disk encryption', settings: [] })],
    [named('Disk encryption', 'c')],
  );
  const [added, removed] = [...findings].sort((a, b) => (a.kind < b.kind ? -1 : 1));
  t.match(added, {
    kind: 'added',
    counterparts: [{ fingerprint: removed?.fingerprint, policyType: 'intents', subjectId: 'i' }],
  });
  t.match(removed, {
    kind: 'removed',
    counterparts: [{ fingerprint: added?.fingerprint, policyType: 'configurationPolicies', subjectId: 'c' }],
  });
});

t.test('content at an address of its own is named as not compared', async (t) => {
  const wifi = (ssid: string) =>
    plainPolicy('deviceConfigurations', {
      '@odata.type': '#microsoft.graph.windowsWifiEnterpriseEAPConfiguration',
      ssid,
    });
  const { findings } = await driftBetween([wifi('Office')], [wifi('Guests')]);
  t.match(findings[0]?.evidence.notCompared, ['rootCertificatesForServerValidation']);
  const other = await driftBetween(
    [plainPolicy('deviceConfigurations', { x: 1 })],
    [plainPolicy('deviceConfigurations', { x: 2 })],
  );
  t.same(other.findings[0]?.evidence.notCompared, []);
});

t.test('equal policies refer to the items of the inventory that recorded them', async (t) => {
  const policies = ['a', 'b', 'c', 'd'].map((id) => named(`Policy ${id}`, id));
  const { bed } = await driftBetween(policies, [...policies.slice(0, 3), named('Policy d, renamed', 'd')]);
  const drift = await bed.run(driftGenerate);
  const repeats = drift.events.flatMap((event) => (event.type === 'RunItemsRepeated' ? [event.data] : []));
  t.match(repeats, [{ subjects: [{ type: 'configurationPolicies', items: 3 }] }]);
  const origins = [...originsOf(repeats.flatMap(({ from }) => from))];
  const recordedItems = await Promise.all(
    origins.map(async ({ runId, ordinal }) =>
      [...(await readRecordedItems(bed.builder.ledger, BED_TENANT, runId)).values()].find(
        (recorded) => recorded.ordinal === ordinal,
      ),
    ),
  );
  t.match(
    recordedItems.map((recorded) => recorded?.item),
    ['a', 'b', 'c'].map((id) => ({ label: `Policy ${id}`, outcome: 'succeeded', subject: { id } })),
  );
  t.match(
    drift.items,
    [{ label: 'Policy d, renamed', subject: { id: 'd' } }],
    'only what differs is recorded',
  );
  t.equal(drift.summary, '1 finding in 4 policies');
  t.match(drift.events.at(-1)?.data, { counts: { processed: 4, succeeded: 4 } });

  const [first, second] = origins;
  if (!first || !second) throw new TypeError('the items are missing');
  const subjectType = 'configurationPolicies';
  const again = await bed.run(
    driftGenerate,
    {},
    {
      items: [{ ...(recordedItems[1]?.item as ItemOutcome) }],
      repeats: [{ ...first, subjectType }],
    },
  );
  t.match(again.events.at(-1)?.data, { counts: { processed: 4 } }, 'each once, over two attempts');
});

t.test('a start reads two events of the inventories, however long they are', async (t) => {
  const policies = Array.from({ length: 250 }, (_, n) => named(`Policy ${n}`, `id-${n}`));
  const { bed } = await driftBetween(policies, policies);
  const { ledger } = bed.builder;
  let read = 0;
  const counting = {
    ...ledger,
    last: (stream: string) => {
      read += 1;
      return ledger.last(stream);
    },
    async *read(...given: Parameters<typeof ledger.read>) {
      for await (const event of ledger.read(...given)) {
        read += 1;
        yield event;
      }
    },
  };
  const planned = await driftGenerate.plan(
    {},
    { ledger: counting, tenantId: BED_TENANT, connected: true, now: 0, allowsIn: () => true },
  );
  t.ok('plan' in planned);
  t.equal(read, 2);
  if (!('plan' in planned)) return;
  const { baselineRunId, currentRunId } = planned.plan.context;
  read = 0;
  const chosen = { baselineRunId, currentRunId, scopeKey: planned.plan.context.scopeKey };
  t.ok(
    'plan' in
      (await driftGenerate.plan(chosen, {
        ledger: counting,
        tenantId: BED_TENANT,
        connected: true,
        now: 0,
        allowsIn: () => true,
      })),
  );
  t.ok(read <= 3, `${read} events for two chosen inventories`);
  const foreign = { ...chosen, baselineRunId: `${'0'.repeat(32)}-0` };
  t.match(
    await driftGenerate.plan(foreign, {
      ledger: counting,
      tenantId: BED_TENANT,
      connected: true,
      now: 0,
      allowsIn: () => true,
    }),
    {
      refusal: { code: 'inventory_not_usable' },
    },
  );
});

t.test('a finding names groups in assignments and in settings as the cache has them', async (t) => {
  const GROUP = '11111111-1111-4111-8111-111111111111';
  const { state, graph } = scriptedTenant();
  const bed = createOperationBed(graph);
  const rows = new Map([[GROUP, { id: GROUP, displayName: 'Devices - Pilot' }]]);
  const { index, parts } = await keepRows(bed.artifacts, BED_TENANT, rows);
  const group = {
    index,
    newParts: [...parts],
    objects: 1,
    readAt: '2026-01-05T08:00:00.000Z',
    runId: 'a run',
    source: 'a directory',
    link: null,
  };
  const sections = { group, assignment_filter: null, scope_tag: null };
  const stream = directoryEntity.stream(BED_TENANT);
  await bed.builder.append(stream, [{ type: 'DirectorySynced', data: { sections } }], {
    tenantId: BED_TENANT,
  });
  const target = { '@odata.type': '#microsoft.graph.groupAssignmentTarget', groupId: GROUP };
  const OTHER_GROUP = '0b0b0b0b-0000-4000-8000-00000000000b';
  for (const [assignments, members] of [
    [[], [OTHER_GROUP]],
    [[{ target }], [OTHER_GROUP, GROUP]],
  ] as const) {
    const policy = named('Pilot', '1');
    const role = plainPolicy('roleDefinitions', {}, { id: 'r', name: 'Field support' });
    const attached = { roleAssignments: [{ id: 'a', displayName: 'Offices', members: [...members] }] };
    state.policies = [
      { ...policy, document: { ...policy.document, assignments } },
      { ...role, document: { ...role.document, attached } },
    ];
    await bed.run(inventorySync);
  }
  const findings = findingsIn(await bed.run(driftGenerate));
  t.match(JSON.stringify(findings), `group Devices - Pilot (${GROUP})`);
  const role = findings.find(({ policyType }) => policyType === 'roleDefinitions');
  t.match(
    role?.evidence.settingsChanged,
    [
      {
        path: 'roleAssignments/members',
        before: [`"${OTHER_GROUP}"`],
        after: [`"${OTHER_GROUP}"`, `"Devices - Pilot (${GROUP})"`],
      },
    ],
    'a group that the cache doesn’t have is shown by its id',
  );
});
