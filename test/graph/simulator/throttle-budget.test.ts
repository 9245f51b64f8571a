import t from 'tap';
import { DOCUMENTED_LIMITS } from '../../../src/graph/request-limits.js';
import { createThrottleBudget } from '../../../src/graph/simulator/throttle-budget.js';
import { policyTypeNamed } from '../../../src/policies/catalogue/policy-types.js';
import { collected, limitedTo, simulatorAndClient, skippingClock } from '../simulator-and-client.js';

const INTUNE = 'deviceManagement/configurationPolicies';

t.test('one app has a limit, and all apps of a tenant share a larger one', async (t) => {
  const clock = skippingClock();
  const limits = limitedTo({ intune_reads: 3 });
  const small = { ...limits, intune_reads: { ...limits.intune_reads, ofTenant: 5 } };
  const budget = createThrottleBudget(small, clock);
  const read = (app: string, tenant = 'one') => budget.spend({ tenant, app, method: 'GET', path: INTUNE });
  for (const app of ['a', 'a', 'a', 'b', 'b']) t.equal(read(app), null);
  t.match(read('a'), { scope: 'Tenant_Application', retryAfterSeconds: 20 });
  t.match(read('b'), { scope: 'Tenant', retryAfterSeconds: 20 });
  t.equal(read('a', 'two'), null, 'another tenant has a budget of its own');
  t.equal(
    budget.spend({ tenant: 'one', app: 'a', method: 'POST', path: INTUNE }),
    null,
    'and so have writes',
  );
  t.equal(budget.spend({ tenant: 'one', app: 'a', method: 'GET', path: 'groups' }), null);
  await clock.sleep(20_000);
  t.equal(read('a'), null);
});

t.test('conditional access takes one request a second and does not say when to come back', async (t) => {
  const type = policyTypeNamed('conditionalAccessPolicies');
  if (!type) throw new Error('the catalogue lacks a type');
  const policies = Array.from({ length: 250 }, (_, index) => ({
    id: `c${index}`,
    displayName: `CA ${index}`,
  }));
  const { simulator, client, clock } = await simulatorAndClient(
    t,
    { content: new Map([[type.path, policies]]) },
    { throttle: DOCUMENTED_LIMITS },
  );
  const headers = { authorization: 'Bearer test-token' };
  const ask = () => fetch(`${simulator.url}/beta/${type.path}?$top=1`, { headers });
  t.equal((await ask()).status, 200);
  const refused = await ask();
  t.equal(refused.status, 429);
  t.equal(refused.headers.get('retry-after'), null);

  const results = await collected(client.policies(type));
  t.equal(results.length, 250);
  t.ok(clock.monotonicMs() >= 2000, 'three pages, a second apart');
  const asked = simulator.requests().slice(2);
  t.ok(
    asked.filter(({ status }) => status === 429).length <= 1,
    'at most one refusal, caused by the requests above',
  );
});
