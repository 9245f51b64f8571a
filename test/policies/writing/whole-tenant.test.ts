import t from 'tap';
import type { GraphPolicy } from '../../../src/graph/policies/graph-policy.js';
import { demoTenant } from '../../../src/graph/simulator/demo/demo-tenant.js';
import type { GraphContent } from '../../../src/graph/simulator/tenant-state.js';
import { derivedTypeOf, POLICY_TYPES } from '../../../src/policies/catalogue/policy-types.js';
import { rankOf } from '../../../src/policies/catalogue/policy-writing.js';
import { planWrites } from '../../../src/policies/writing/plan-writes.js';
import { withCreatedId } from '../../../src/policies/writing/write-plan.js';
import { simulatorAndClient } from '../../graph/simulator-and-client.js';
import { inputOf } from './plan-input.js';

/**
 * Goal: all policies of a tenant can be created again after they were deleted. Method: the demo's tenant over HTTP,
 * read by the real client. The policies are created in the order of their ranks, with the new ids of what they refer
 * to.
 */
const demo = demoTenant('seed', 'contoso');
const content: GraphContent = demo.kind === 'generations' ? demo.at(0) : demo.content;

t.test('a tenant that lost all its policies gets them back with references to the new ids', async (t) => {
  const { client, simulator } = await simulatorAndClient(t, { content });
  const policies: GraphPolicy[] = [];
  for (const type of POLICY_TYPES)
    if (type.writing)
      for await (const read of client.policies(type)) {
        if (read.kind !== 'policy') throw new Error(`${type.name} ${read.id}: ${read.reason}`);
        if (!type.writing.provided?.is(read.raw) && read.name !== '') policies.push(read);
      }
  const rank = ({ type, raw }: GraphPolicy) => (type.writing ? rankOf(type.writing, derivedTypeOf(raw)) : 0);
  policies.sort((a, b) => rank(a) - rank(b));
  const state = simulator.tenants()[0]?.state;
  for (const { type, id } of policies) t.ok(state?.remove(type.path, id), `${type.name} ${id} is gone`);

  const newIds = new Map<string, string>();
  const mapped = ({ id }: { readonly id: string }) => newIds.get(id.toLowerCase()) ?? id;
  const refused: string[] = [];
  for (const policy of policies) {
    const plan = planWrites(inputOf(policy.type, policy, null, { mapped }));
    if (plan.action === 'blocked')
      refused.push(`${policy.type.name}: ${plan.limits.map(({ kind }) => kind).join(', ')}`);
    let id = '';
    for (const planned of plan.requests) {
      const { method, path, body } = withCreatedId(planned, id);
      const answer = await client.write(method, path, body ?? undefined);
      if (planned.what === 'create') id = String(answer.body?.id);
    }
    newIds.set(policy.id.toLowerCase(), id);
    if (plan.action === 'blocked') continue;
    const now = await client.policy(policy.type, id);
    const again = planWrites(inputOf(policy.type, policy, now, { mapped }));
    t.same(again.requests, [], `${policy.type.name} “${policy.name}”`);
    const known = new Set(plan.limits.map(({ field }) => field));
    t.same(
      again.limits.filter(({ field }) => !known.has(field)),
      [],
      `${policy.type.name} “${policy.name}”`,
    );
  }
  t.ok(policies.length > 50, `${policies.length} policies`);
  t.same(
    refused.sort(),
    ['deviceCompliancePolicies: content_missing', 'deviceConfigurations: secret_withheld'],
    'the policies whose actions are missing, or whose secret Graph withholds',
  );
});
