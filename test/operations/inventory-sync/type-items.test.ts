import t from 'tap';
import { driftGenerate } from '../../../src/operations/drift-generate/drift-generate.js';
import { inventorySync } from '../../../src/operations/inventory-sync/inventory-sync.js';
import { POLICY_TYPES } from '../../../src/policies/catalogue/policy-types.js';
import { catalogContent, simulatorAndClient } from '../../graph/simulator-and-client.js';
import { createOperationBed, findingsIn } from '../../support/operation-bed.js';

const DIRECTORY = '0d0d0d0d-0000-4000-8000-00000000000d';
const CLIENT = '0c0c0c0c-0000-4000-8000-00000000000c';
const UNLICENSED = 'deviceManagement/windowsQualityUpdateProfiles';

/** All permissions except those for conditional access and roles. */
const ROLES = [
  ...new Set(POLICY_TYPES.map(({ permission }) => permission.replace('.Read.', '.ReadWrite.'))),
].filter((role) => !/Policy|RBAC/.test(role));

t.test('types without permission or licence are skipped by name, and are not comparable', async (t) => {
  const app = { clientId: CLIENT, secrets: [{ value: 'a-secret-of-the-test' }], roles: ROLES };
  let token = '';
  const { simulator, client } = await simulatorAndClient(
    t,
    { tenant: () => ({ kind: 'fixed', content: catalogContent(2), unlicensed: [UNLICENSED] }) },
    {
      entra: { directories: [{ directoryId: DIRECTORY, tenant: 'default', apps: [app] }] },
      client: { token: async () => token },
    },
  );
  token = await tokenFrom(simulator.url);
  t.ok((await client.permissions())?.includes('DeviceManagementConfiguration.ReadWrite.All'));
  const bed = createOperationBed(client);
  const [first] = [await bed.run(inventorySync), await bed.run(inventorySync)];
  const skipped = first.items.filter(({ outcome }) => outcome === 'skipped');
  t.same(skipped.map(({ itemId, reasonCode }) => [itemId, reasonCode]).sort(), [
    ['conditionalAccessPolicies', 'permission_missing'],
    ['roleDefinitions', 'permission_missing'],
    ['roleScopeTags', 'permission_missing'],
    ['windowsQualityUpdateProfiles', 'licence_missing'],
  ]);
  t.match(
    skipped.find(({ itemId }) => itemId === 'conditionalAccessPolicies')?.reason,
    /application permission Policy\.Read\.All, which the app lacks/,
  );
  t.same(
    first.items.filter(({ outcome }) => outcome === 'failed'),
    [],
  );
  t.match(first.summary, '2 policies read, 4 types without permission or licence');
  t.same(findingsIn(await bed.run(driftGenerate)), []);
});

t.test('where the permissions are not known, the type fails and names the one it takes', async (t) => {
  const { simulator, client } = await simulatorAndClient(t, { content: catalogContent(1) });
  simulator.failNext({ kind: 'status', status: 403, path: 'conditionalAccess', count: 99 });
  const run = await createOperationBed(client).run(inventorySync, {
    policyTypes: ['conditionalAccessPolicies'],
  });
  t.match(run.items, [
    {
      outcome: 'failed',
      reasonCode: 'graph_forbidden',
      reason: /takes the application permission Policy\.Read\.All/,
    },
  ]);
});

async function tokenFrom(url: string): Promise<string> {
  const body = new URLSearchParams({
    grant_type: 'client_credentials',
    client_id: CLIENT,
    client_secret: 'a-secret-of-the-test',
    scope: 'https://graph.microsoft.com/.default',
  });
  const response = await fetch(`${url}/${DIRECTORY}/oauth2/v2.0/token`, { method: 'POST', body });
  const answer = (await response.json()) as { access_token: string };
  return answer.access_token;
}
