import t from 'tap';
import { setMapping } from '../../../src/entities/mapping/mapping.js';
import type { GraphObject } from '../../../src/graph/simulator/graph-value.js';
import type { GraphContent } from '../../../src/graph/simulator/tenant-state.js';
import { catalogPolicy } from '../../graph/simulator-and-client.js';
import { BED_TENANT } from '../../support/filling-bed.js';
import { createRestoreBed } from '../../support/restore-bed.js';

/** Goal: members of a policy set are looked up in the collection of their kind and get the new ids of these objects. */
const SETS = 'deviceAppManagement/policySets';
const APPS = 'deviceAppManagement/mobileApps';
const CATALOG = 'deviceManagement/configurationPolicies';
const id = (number: number) => `8a000000-0000-4000-8000-00000000000${number}`;
const type = (name: string) => ({ '@odata.type': `#microsoft.graph.${name}` });
const app = (number: number, displayName: string): GraphObject => ({
  ...type('win32LobApp'),
  id: id(number),
  displayName,
});
const member = (kind: string, payloadId: string): GraphObject => ({
  ...type(`${kind}PolicySetItem`),
  id: `item-${payloadId}`,
  payloadId,
  status: 'notValidated',
  errorCode: 'noError',
  guidedDeploymentTags: [],
});
const policy: GraphObject = { ...catalogPolicy(1), platforms: 'windows10', technologies: 'mdm' };
const set: GraphObject = {
  id: id(9),
  displayName: 'Starter set',
  status: 'notValidated',
  assignments: [],
  items: [
    member('mobileApp', id(1)),
    member('mobileApp', id(2)),
    member('deviceManagementConfigurationPolicy', String(policy.id)),
    member('iosLobAppProvisioningConfiguration', id(5)),
  ],
};
const content: GraphContent = new Map([
  [APPS, [app(1, 'Company Portal'), app(2, 'Old editor')]],
  [CATALOG, [policy]],
  [SETS, [set]],
]);

t.test('a set is restored with the present ids of its members', async (t) => {
  const bed = await createRestoreBed(t, content);
  const { state, ledger, asked } = bed;
  for (const [path, gone] of [
    [SETS, set],
    [APPS, app(1, '')],
    [APPS, app(2, '')],
    [CATALOG, policy],
  ] as const)
    state.remove(path, String(gone.id));
  state.put(APPS, app(3, 'Company Portal'));
  state.put(APPS, app(4, 'New editor'));

  const planOf = async () => {
    const { runId, planned } = await bed.preview();
    return { runId, plan: planned.find(({ name }) => name === 'Starter set') };
  };
  const { plan } = await planOf();
  t.equal(plan?.action, 'blocked');
  t.match(
    plan?.references.map(({ kind, id: was, resolution, becomes }) => [kind, was, resolution, becomes]),
    [
      ['app', id(2), 'missing', null],
      ['app', id(1), 'mapped', id(3)],
      ['catalog_policy', policy.id, 'restored_before', null],
      ['policy_of_set', id(5), 'same', id(5)],
    ],
  );

  const becomes = { id: id(4), name: 'New editor' };
  const changes = [{ kind: 'app' as const, id: id(2), name: 'Old editor', becomes }];
  await setMapping.carryOut(ledger, { sourceTenantId: BED_TENANT, changes }, asked);
  const mapped = await planOf();
  t.equal(mapped.plan?.action, 'create');
  await bed.attempt(await bed.queue(mapped.runId));
  const [restored] = state.page(SETS, 0, 10).entities;
  const [newPolicy] = state.page(CATALOG, 0, 10).entities;
  t.match(
    restored?.items,
    [id(3), id(4), newPolicy?.id, id(5)].map((payloadId) => ({ payloadId })),
  );
  t.same((await planOf()).plan?.action, 'leave', 'and a second restore has nothing to write');
});
