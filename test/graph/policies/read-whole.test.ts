import t from 'tap';
import { POLICY_TYPES, policyTypeNamed } from '../../../src/policies/catalogue/policy-types.js';
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

t.test('a policy whole says by name what it refers to, each once', async (t) => {
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

t.test('every type of the catalogue is read whole, from its listing and by its id alike', async (t) => {
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
        ...Object.fromEntries(type.children.map(({ name }) => [name, [{ id: 'c', text: 'child' }]])),
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
    for (const { name } of type.children)
      t.match(policy.attached, { [name]: [{ text: 'child' }] }, type.name);
    for (const field of type.ownAddress?.fields ?? [])
      if (field !== 'assignments') t.same(policy.raw[field], [{ id: 'o' }], `${type.name} ${field}`);
  }
});
