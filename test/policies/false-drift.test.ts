import t from 'tap';
import { POLICY_TYPES, policyTypeNamed } from '../../src/policies/catalogue/policy-types.js';
import { comparePolicySets, type PolicyInSet } from '../../src/policies/compare-policy-sets.js';
import { flattenPolicy } from '../../src/policies/flatten-policy.js';
import { contentHashInput } from '../../src/policies/hash-inputs.js';
import { assignedTo, between, catalogPolicy, choice, plainPolicy, simples } from './policy-builder.js';

/** No finding in either direction, and equal content hashes. */
function same(t: { same(found: unknown, wanted: unknown): boolean }, one: PolicyInSet, other: PolicyInSet) {
  t.same(between(one, other), []);
  t.same(between(other, one), []);
  const type = policyTypeNamed(one.policyType) ?? POLICY_TYPES[0];
  if (!type) throw new Error('no policy types');
  const input = (policy: PolicyInSet) => contentHashInput(policy.name, flattenPolicy(type, policy.document));
  t.same(input(one), input(other));
}

t.test('fields that change by themselves', (t) => {
  const volatile = [
    'version',
    'createdDateTime',
    'lastModifiedDateTime',
    'modifiedDateTime',
    'isAssigned',
    'supportsScopeTags',
    'isReadOnly',
    'isEncrypted',
    'secretReferenceValueId',
    'certificate',
    'token',
    'topicIdentifier',
    'lastSyncDateTime',
    'highestAvailableVersion',
    'deployedAppCount',
    'sourceId',
    'isGlobalScript',
    'deviceHealthScriptType',
    'companyCodes',
    '@odata.context',
    '@odata.etag',
    'assignments@odata.navigationLink',
    '#microsoft.graph.assign',
  ];
  for (const field of volatile)
    same(
      t,
      plainPolicy('deviceConfigurations', { [field]: 'a' }),
      plainPolicy('deviceConfigurations', { [field]: 'b' }),
    );
  t.end();
});

t.test('collections that are sets, in another order', (t) => {
  same(
    t,
    catalogPolicy([choice('a', 'a_1'), simples('b', ['x', 'y'])], { raw: { roleScopeTagIds: ['0', '1'] } }),
    catalogPolicy([simples('b', ['y', 'x']), choice('a', 'a_1')], { raw: { roleScopeTagIds: ['1', '0'] } }),
  );
  const ranges = [{ low: '1' }, { low: '2' }];
  same(
    t,
    plainPolicy('deviceCompliancePolicies', { validOperatingSystemBuildRanges: ranges }),
    plainPolicy('deviceCompliancePolicies', { validOperatingSystemBuildRanges: ranges.toReversed() }),
  );
  t.end();
});

t.test('assignments in another order, doubled, with other ids', (t) => {
  const one = assignedTo('groupAssignmentTarget', { groupId: 'G1' });
  const other = assignedTo('allDevicesAssignmentTarget');
  same(
    t,
    catalogPolicy([], { assignments: [one, other] }),
    catalogPolicy([], { assignments: [other, { ...one, id: 'else', source: 'direct' }, one, other] }),
  );
  t.end();
});

t.test('defaults that are written or left out', (t) => {
  const group = '0c0c0c0c-0000-4000-8000-00000000000a';
  const spelled = {
    groupId: group.toUpperCase(),
    deviceAndAppManagementAssignmentFilterId: '00000000-0000-0000-0000-000000000000',
    deviceAndAppManagementAssignmentFilterType: 'none',
    collectionId: null,
  };
  same(
    t,
    catalogPolicy([], { assignments: [assignedTo('groupAssignmentTarget', spelled)] }),
    catalogPolicy([], { assignments: [assignedTo('groupAssignmentTarget', { groupId: group })] }),
  );
  same(
    t,
    plainPolicy('deviceConfigurations', { dataType: null, ranges: [], nested: {} }),
    plainPolicy('deviceConfigurations', {}),
  );
  t.end();
});

t.test('full metadata on one side', (t) => {
  const rule = { scheduledActionConfigurations: [{ id: 'x1', gracePeriodHours: 6 }] };
  const typed = {
    '@odata.type': '#microsoft.graph.deviceComplianceScheduledActionForRule',
    '@odata.id': 'deviceManagement/x',
    'scheduledActionConfigurations@odata.context': 'https://graph.microsoft.com/x',
    id: 'r2',
    scheduledActionConfigurations: [
      { '@odata.type': '#microsoft.graph.deviceComplianceActionItem', id: 'x2', gracePeriodHours: 6 },
    ],
  };
  same(
    t,
    plainPolicy('deviceCompliancePolicies', { scheduledActionsForRule: [rule] }),
    plainPolicy('deviceCompliancePolicies', { scheduledActionsForRule: [typed] }),
  );
  t.end();
});

t.test('a policy that a list has several times is in one finding only', (t) => {
  const policy = catalogPolicy([choice('s', 's_1')]);
  t.same(comparePolicySets([policy, policy], [policy]), []);
  t.same(
    comparePolicySets([], [policy, policy]).map(({ kind }) => kind),
    ['added'],
  );
  t.end();
});

t.test('changes of what the tenant sets are still found', (t) => {
  const configured = plainPolicy('deviceConfigurations', { value: { version: '2' } });
  const other = plainPolicy('deviceConfigurations', { value: { version: '3' } });
  t.match(between(configured, other), [{ settingsChanged: [{ path: 'value/version' }] }], 'a nested version');
  const empty = catalogPolicy([simples('rights', [])]);
  t.match(
    between(catalogPolicy([]), empty),
    [{ settingsAdded: [{ path: 'rights' }] }],
    'configured as empty',
  );
  t.end();
});
