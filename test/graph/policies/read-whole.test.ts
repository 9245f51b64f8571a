import t from 'tap';
import type { GraphObject } from '../../../src/graph/simulator/graph-value.js';
import { childrenOf, POLICY_TYPES, policyTypeNamed } from '../../../src/policies/catalogue/policy-types.js';
import { simulatorAndClient } from '../simulator-and-client.js';

const GROUP = '0a0a0a0a-0000-4000-8000-000000000001';
const GONE = '0a0a0a0a-0000-4000-8000-000000000002';
const FILTER = '0a0a0a0a-0000-4000-8000-000000000003';
const TEMPLATE = '0a0a0a0a-0000-4000-8000-000000000004';
const POLICY = '0a0a0a0a-0000-4000-8000-000000000005';

const groupTarget = (groupId: string, filterId: string | null = null) => ({
  target: {
    '@odata.type': '#microsoft.graph.groupAssignmentTarget',
    groupId,
    deviceAndAppManagementAssignmentFilterId: filterId,
    deviceAndAppManagementAssignmentFilterType: filterId === null ? 'none' : 'include',
  },
});

const compliance = {
  '@odata.type': '#microsoft.graph.windows10CompliancePolicy',
  id: POLICY,
  displayName: 'Windows',
  roleScopeTagIds: ['0', '3'],
  assignments: [
    { id: 'a', ...groupTarget(GROUP, FILTER) },
    { id: 'b', ...groupTarget(GONE) },
  ],
  scheduledActionsForRule: [
    {
      ruleName: 'x',
      scheduledActionConfigurations: [
        { actionType: 'notification', notificationTemplateId: TEMPLATE, notificationMessageCCList: [GROUP] },
        { actionType: 'block', notificationTemplateId: '00000000-0000-0000-0000-000000000000' },
      ],
    },
  ],
};

t.test('a policy read whole lists its references by name, each once', async (t) => {
  const type = policyTypeNamed('deviceCompliancePolicies');
  if (!type) throw new Error('the catalogue lacks a type');
  const content = new Map([
    [type.path, [compliance]],
    ['groups', [{ id: GROUP, displayName: 'Devices - All' }]],
    ['deviceManagement/assignmentFilters', [{ id: FILTER, displayName: 'Corporate' }]],
    ['deviceManagement/roleScopeTags', [{ id: '3', displayName: 'North' }]],
    ['deviceManagement/notificationMessageTemplates', [{ id: TEMPLATE, displayName: 'Please update' }]],
  ]);
  const { simulator, client } = await simulatorAndClient(t, { content });
  simulator.failNext({ kind: 'status', status: 403, path: 'roleScopeTags/0', count: 9 });
  const { policy, references } = await client.readWhole(type, POLICY);
  t.match(policy, { assignments: { length: 2 }, raw: { scheduledActionsForRule: [{}] } });
  t.same(
    references.map(({ kind, id, name, unnamed }) => [kind, id, name ?? unnamed]),
    [
      ['group', GROUP, 'Devices - All'],
      ['assignment_filter', FILTER, 'Corporate'],
      ['group', GONE, 'not_found'],
      ['scope_tag', '0', 'not_readable'],
      ['scope_tag', '3', 'North'],
      ['notification_template', TEMPLATE, 'Please update'],
    ],
  );
  const asked = simulator.requests().length;
  await client.readWhole(type, POLICY);
  t.equal(simulator.requests().length - asked, 1, 'the policy alone; names are known');
});

t.test('derived credentials and network profiles that a profile links to are references', async (t) => {
  const type = policyTypeNamed('deviceConfigurations');
  if (!type) throw new Error('the catalogue lacks a type');
  const [wifi, join] = ['aaaaaaaa-0000-4000-8000-000000000001', 'aaaaaaaa-0000-4000-8000-000000000002'];
  const profile = (id: string, derived: string, links: object) => ({
    '@odata.type': `#microsoft.graph.${derived}`,
    id,
    displayName: derived,
    assignments: [],
    ...links,
  });
  const content = new Map([
    [
      type.path,
      [
        profile(wifi, 'iosEnterpriseWiFiConfiguration', { derivedCredentialSettings: { id: TEMPLATE } }),
        profile(join, 'windowsDomainJoinConfiguration', { networkAccessConfigurations: [{ id: wifi }] }),
      ],
    ],
    ['deviceManagement/derivedCredentials', [{ id: TEMPLATE, displayName: 'Smart card issuer' }]],
  ]);
  const { client } = await simulatorAndClient(t, { content });
  const namesIn = async (id: string) =>
    (await client.readWhole(type, id)).references.map(({ kind, name }) => [kind, name]);
  t.same(await namesIn(wifi), [['derived_credential', 'Smart card issuer']]);
  t.same(await namesIn(join), [['network_profile', 'iosEnterpriseWiFiConfiguration']]);
});

t.test('every type of the catalogue is read whole, both from its listing and by id', async (t) => {
  const content = new Map(
    POLICY_TYPES.map((type) => {
      const derived = Object.keys(type.ownAddress?.collections ?? {})[0] ?? 'example';
      const entity = {
        '@odata.type': `#microsoft.graph.${derived}`,
        id: `${type.name}-1`,
        [type.nameField]: `A ${type.label}`,
        assignments: [{ id: 'x', ...groupTarget(GROUP) }],
        ...(type.content && { [type.content.name]: [{ id: '0', value: 1 }] }),
        ...(type.content?.countField && { settingCount: 1 }),
        ...Object.fromEntries(childrenOf(type, {}).map(({ name }) => [name, [{ id: 'c', text: 'child' }]])),
        ...(type.name === 'mobileApps' && { dependentAppCount: 1 }),
        ...Object.fromEntries((type.ownAddress?.fields ?? []).map((field) => [field, [{ id: 'o' }]])),
      };
      return [
        type.path,
        [type.assignments === 'none' ? entity : { ...entity, assignments: entity.assignments }],
      ] as const;
    }),
  );
  const { client } = await simulatorAndClient(t, { content });
  for (const type of POLICY_TYPES) {
    const listed = [];
    for await (const result of client.policies(type)) listed.push(result);
    const { policy } = await client.readWhole(type, `${type.name}-1`);
    t.same(listed, [policy], type.name);
    t.match(policy, { kind: 'policy', name: `A ${type.label}` }, type.name);
    if (type.content) t.equal(policy.settings?.length, 1, type.name);
    if (type.assignments === 'expanded') t.equal(policy.assignments.length, 1, type.name);
    for (const { name } of childrenOf(type, {}))
      t.match(policy.attached, { [name]: [{ text: 'child' }] }, type.name);
    for (const field of type.ownAddress?.fields ?? [])
      if (field !== 'assignments') t.same(policy.raw[field], [{ id: 'o' }], `${type.name} ${field}`);
  }
});

t.test(
  'many policies are read from the listing while that takes fewer requests, the rest by their ids',
  async (t) => {
    const type = policyTypeNamed('deviceConfigurations');
    if (!type) throw new Error('the catalogue lacks a type');
    const idOf = (n: number) => `0b0b0b0b-0000-4000-8000-${String(n).padStart(12, '0')}`;
    const entities = Array.from(
      { length: 450 },
      (_, n): GraphObject => ({
        '@odata.type': '#microsoft.graph.windows10CustomConfiguration',
        id: idOf(n),
        displayName: `Policy ${n}`,
        roleScopeTagIds: ['0'],
        assignments: [],
      }),
    );
    const content = new Map([
      [type.path, entities],
      ['deviceManagement/roleScopeTags', [{ id: '0', displayName: 'Default' }]],
    ]);
    const { simulator, client } = await simulatorAndClient(t, { content });
    const read = async (...ns: number[]) => {
      const before = simulator.requests().length;
      const found: string[] = [];
      for await (const result of client.readWholes(type, ns.map(idOf)))
        if (result.kind === 'whole') found.push(`${result.policy.name} ${result.references[0]?.name}`);
        else found.push(`${result.id} ${result.reasonCode}`);
      const requests = simulator.requests().slice(before);
      return { found: found.sort(), requests: requests.filter(({ path }) => path !== '$batch').length };
    };
    t.same(await read(7), { found: ['Policy 7 Default'], requests: 2 }, 'its row, and a name that is new');
    t.equal((await read(...Array(90).keys())).requests, 1, 'one page of the listing has them all');
    const far = await read(1, 210, 420);
    t.same(far.found, ['Policy 1 Default', 'Policy 210 Default', 'Policy 420 Default']);
    t.equal(far.requests, 4, 'three pages, and one by its id');
    t.match(await read(1, 2, 999), {
      found: [`${idOf(999)} graph_not_found`, 'Policy 1 Default', 'Policy 2 Default'],
    });

    simulator.failNext({ kind: 'status', status: 403, path: type.path });
    await t.rejects(read(1, 2), /403/, 'the listing is refused');
    const all: string[] = [];
    for await (const result of client.readWholes(type, { except: (id) => id !== idOf(3) }))
      if (result.kind === 'whole') all.push(result.policy.name);
    t.same(all, ['Policy 3']);
  },
);
