import t from 'tap';
import { policyKeyOf } from '../../../src/entities/policy/policy.js';
import { policyCaptureSnapshot } from '../../../src/operations/policy-capture-snapshot/policy-capture-snapshot.js';
import { catalogContent, simulatorAndClient } from '../../graph/simulator-and-client.js';
import { BED_TENANT, createOperationBed } from '../../support/operation-bed.js';

const policyType = 'configurationPolicies';
const policyId = '00000000-0000-4000-8000-000000000000';
const policyKey = policyKeyOf(BED_TENANT, policyType, policyId);

t.test('a policy is captured as a version, and not again while it is unchanged', async (t) => {
  const { client } = await simulatorAndClient(t, { content: catalogContent(1) });
  const bed = createOperationBed(client);
  const first = await bed.run(policyCaptureSnapshot, {
    policyType,
    policyId,
    name: 'Policy 0 of ann@contoso.example',
  });
  t.match(first.items, [{ itemId: `${policyType}/${policyId}`, label: 'Policy 0', outcome: 'succeeded' }]);
  t.match(first.events[0]?.data, {
    title: /^Snapshot of “Policy 0 of (?!ann)/,
    related: [{ relation: 'policy', kind: 'policy', id: policyKey }],
  });
  t.match(first.events.at(-1)?.data, {
    related: [{ relation: 'produced', kind: 'snapshot', id: `${policyKey}-0`, label: 'Policy 0' }],
  });
  const second = await bed.run(policyCaptureSnapshot, { policyType, policyId });
  t.match(second.items, [{ outcome: 'skipped', reasonCode: 'unchanged' }]);
  t.match(second.events.at(-1)?.data, {
    summary: 'Unchanged since the last snapshot',
    related: [{ relation: 'unchanged', kind: 'snapshot', id: `${policyKey}-0` }],
  });
});

t.test('a policy that is gone, or that Graph refuses, fails with a sentence that says so', async (t) => {
  const { simulator, client } = await simulatorAndClient(t, { content: catalogContent(1) });
  const bed = createOperationBed(client);
  const gone = await bed.run(policyCaptureSnapshot, { policyType, policyId: policyId.replace(/0$/, '9') });
  t.match(gone.items, [{ outcome: 'failed', reasonCode: 'graph_not_found', reason: /probably deleted/ }]);
  simulator.failNext({ kind: 'status', status: 403, path: policyId });
  const refused = await bed.run(policyCaptureSnapshot, { policyType, policyId });
  t.match(refused.items, [{ outcome: 'failed', reasonCode: 'graph_forbidden' }]);
  simulator.failNext({ kind: 'status', status: 401, path: policyId, count: 9 });
  const signedOut = bed.run(policyCaptureSnapshot, { policyType, policyId });
  await t.rejects(signedOut, { name: 'GraphError' }, 'which ends the run');
});

t.test('the case of an id makes no other operation; another type of policy is refused', async (t) => {
  const { ledger } = createOperationBed({}).builder;
  const upper = { policyType, policyId: 'ABCDEF00-0000-4000-8000-000000000000' };
  const scopeOf = async (input: object, connected = true) =>
    policyCaptureSnapshot.plan(policyCaptureSnapshot.input.parse(input), {
      ledger,
      tenantId: BED_TENANT,
      connected,
      now: 0,
      allowsIn: () => false,
    });
  t.match(await scopeOf(upper), {
    plan: { scope: { policyId: upper.policyId.toLowerCase() }, context: { policyId: upper.policyId } },
  });
  t.match(await scopeOf(upper, false), { refusal: { code: 'not_connected' } });
  t.throws(() => policyCaptureSnapshot.input.parse({ ...upper, policyType: 'widgets' }), /not a policy type/);
});
