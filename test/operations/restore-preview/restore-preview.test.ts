import t from 'tap';
import { backupSetEntity } from '../../../src/entities/backup-set/backup-set.js';
import { policyKeyOf } from '../../../src/entities/policy/policy.js';
import type { JsonObject } from '../../../src/ledger/canonical-json.js';
import type { PlannedPolicy } from '../../../src/operations/restore-preview/restore-events.js';
import { restorePreview } from '../../../src/operations/restore-preview/restore-preview.js';
import { catalogPolicy } from '../../graph/simulator-and-client.js';
import { capturedSet, catalogPolicies, PLATFORM, POLICIES, SET } from '../../support/captured-set.js';
import { BED_TENANT, type BedRun } from '../../support/operation-bed.js';

const policyType = 'configurationPolicies';

const plannedIn = ({ events }: BedRun): readonly PlannedPolicy[] =>
  events.flatMap((event) => (event.type === 'RestorePlanned' ? event.data.policies : []));

t.test('each policy is planned to be created, changed or left, and nothing is written', async (t) => {
  const { ids, client, change, remove, preview, simulator } = await capturedSet(t, catalogPolicies(6));
  const [, changed = '', gone = '', recreated = '', twins = ''] = ids;
  await change(changed, { description: 'changed in the tenant' });
  await remove(gone);
  await remove(recreated);
  await client.write('POST', POLICIES, bodyOf(3, 'another description'));
  await remove(twins);
  for (const description of ['one', 'two']) await client.write('POST', POLICIES, bodyOf(4, description));

  const before = simulator.requests().length;
  const run = await preview();
  const sent = simulator.requests().slice(before);
  t.ok(sent.length > 0);
  t.same(
    sent.filter(({ method, path }) => method !== 'GET' && !path.endsWith('$batch')),
    [],
    'a preview only reads',
  );
  const planned = new Map(plannedIn(run).map((policy) => [policy.name, policy]));
  t.match(Object.fromEntries([...planned].map(([name, { action }]) => [name, action])), {
    'Policy 0': 'leave',
    'Policy 1': 'update',
    'Policy 2': 'create',
    'Policy 3': 'recreated',
    'Policy 4': 'ambiguous',
    'Policy 5': 'leave',
  });
  t.match(planned.get('Policy 1'), {
    liveId: changed,
    liveHashes: { contentHash: /^[0-9a-f]{64}$/ },
    evidence: { settingsRemoved: [{ path: 'description', values: ['"changed in the tenant"'] }] },
  });
  t.ok((planned.get('Policy 1')?.writes ?? 0) > 0);
  t.match(planned.get('Policy 2'), { liveId: null, evidence: null });
  t.not(planned.get('Policy 3')?.liveId, recreated, 'the policy of the same name would be changed');
  t.match(run.items.map(({ label, outcome, reasonCode }) => [label, outcome, reasonCode]).sort(), [
    ['Policy 0', 'skipped', 'unchanged'],
    ['Policy 1', 'succeeded', null],
    ['Policy 2', 'succeeded', null],
    ['Policy 3', 'succeeded', null],
    ['Policy 4', 'failed', 'ambiguous_target'],
    ['Policy 5', 'skipped', 'unchanged'],
  ]);
  t.equal(run.summary, '3 policies to write, 2 to leave, 1 that can’t be restored');
});

t.test('the modes missing and copy, and a choice of policies', async (t) => {
  const { ids, change, remove, preview } = await capturedSet(t, catalogPolicies(3));
  const [, changed = '', gone = ''] = ids;
  await change(changed, { description: 'changed in the tenant' });
  await remove(gone);
  const missing = await preview({ mode: 'missing' });
  t.match(missing.items.map(({ label, reasonCode }) => [label, reasonCode]).sort(), [
    ['Policy 0', 'already_there'],
    ['Policy 1', 'already_there'],
    ['Policy 2', null],
  ]);
  const chosen = [policyKeyOf(BED_TENANT, policyType, changed)];
  const copies = await preview({ mode: 'copy', policies: chosen });
  t.match(plannedIn(copies), [{ name: 'Policy 1', action: 'create', liveId: null }]);
  t.equal(copies.items.length, 1);
});

t.test('a renamed policy shows its name now and its name after', async (t) => {
  const { ids, change, preview } = await capturedSet(t, catalogPolicies(1));
  await change(String(ids[0]), { name: 'Another name' });
  t.match(plannedIn(await preview()), [
    {
      action: 'update',
      evidence: { settingsChanged: [{ path: 'name', before: ['"Another name"'], after: ['"Policy 0"'] }] },
    },
  ]);
});

t.test('a policy that can’t be read now is never taken for a missing one', async (t) => {
  const { ids, simulator, preview } = await capturedSet(t, catalogPolicies(2));
  simulator.failNext({ kind: 'status', status: 403, path: String(ids[1]), count: 99 });
  const run = await preview();
  t.match(run.items.map(({ label, outcome, reasonCode }) => [label, outcome, reasonCode]).sort(), [
    ['Policy 0', 'skipped', 'unchanged'],
    ['Policy 1', 'failed', 'graph_forbidden'],
  ]);
  t.notMatch(run.items.map(({ reason }) => reason).join(), /may be this one/, 'it is the policy itself');
  simulator.clearFaults();
  simulator.failNext({ kind: 'status', status: 403, path: POLICIES, count: 99 });
  const unlisted = await preview();
  t.match(
    unlisted.items.map(({ outcome, reasonCode }) => [outcome, reasonCode]),
    [
      ['failed', 'graph_forbidden'],
      ['failed', 'graph_forbidden'],
    ],
  );
});

t.test('a policy that can’t be read now may be the one that is missing', async (t) => {
  const { ids, simulator, preview, remove } = await capturedSet(t, catalogPolicies(2));
  await remove(ids[1] ?? '');
  const doubtful = async (reasonCode: string, what: string) => {
    t.match(
      (await preview()).items.map((item) => [item.label, item.reasonCode, item.reason]).sort(),
      [
        ['Policy 0', 'unchanged'],
        ['Policy 1', reasonCode, /may be this one/],
      ],
      what,
    );
    simulator.clearFaults();
  };
  const id = 'c0000000-0000-4000-8000-000000000009';
  const put = (name: string) =>
    simulator.tenants()[0]?.state.put(POLICIES, { ...catalogPolicies(1)[0], id, name });
  put('Another');
  simulator.failNext({
    kind: 'altered_entry',
    path: `${POLICIES}$`,
    index: 1,
    fields: { id: null },
    count: 9,
  });
  await doubtful('unreadable_answer', 'one without an id');
  put('Policy 1');
  simulator.failNext({ kind: 'status', status: 403, path: id, count: 99 });
  await doubtful('graph_forbidden', 'one of its name');
  put('Another');
  simulator.failNext({ kind: 'status', status: 403, path: id, count: 99 });
  t.match(
    (await preview()).items.map(({ label, outcome }) => [label, outcome]).sort(),
    [
      ['Policy 0', 'skipped'],
      ['Policy 1', 'succeeded'],
    ],
    'one of another name and id is another policy',
  );
});

t.test('a preview that isn’t possible is refused with a sentence', async (t) => {
  const { bed, ids } = await capturedSet(t, catalogPolicies(1));
  const plan = async (input: object, connected = true) =>
    restorePreview.plan(restorePreview.input.parse(input), {
      ledger: bed.builder.ledger,
      tenantId: BED_TENANT,
      connected,
      now: 0,
      allowsIn: () => false,
    });
  const refused = { refusal: { code: 'set_not_restorable', message: /Choose a backup set/ } };
  t.match(await plan({ setId: SET }, false), { refusal: { code: 'not_connected' } });
  t.match(await plan({ setId: SET.replace('5e7', '5e8') }), refused);
  t.match(await plan({ setId: SET, policies: ['0'.repeat(32)] }), refused);
  const key = policyKeyOf(BED_TENANT, policyType, String(ids[0]));
  const same = [
    { setId: SET, policies: [key, key] },
    { setId: SET.toUpperCase(), policies: [key], mode: 'update' },
  ];
  const scopes = await Promise.all(same.map(async (input) => plan(input)));
  t.same(
    scopes.map((planned) => ('plan' in planned ? planned.plan.scope : null)),
    [
      { setId: SET, policies: [key] },
      { setId: SET, policies: [key] },
    ],
    'options equal to their default make no other operation',
  );
  await bed.builder.append(
    backupSetEntity.stream(BED_TENANT, SET),
    [{ type: 'BackupSetExpired', data: { reason: 'old' } }],
    { tenantId: BED_TENANT },
  );
  t.match(await plan({ setId: SET }), refused);
});

/** A policy in the form in which a client creates it. */
function bodyOf(index: number, description: string): JsonObject {
  const { name, settings } = catalogPolicy(index) as { name: string; settings: JsonObject[] };
  return { name, description, ...PLATFORM, settings };
}
