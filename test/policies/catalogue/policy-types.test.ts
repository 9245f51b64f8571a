import t from 'tap';
import {
  POLICY_TYPES,
  policyTypeNamed,
  READ_PERMISSIONS,
  WRITE_PERMISSIONS,
} from '../../../src/policies/catalogue/policy-types.js';
import { rankOf } from '../../../src/policies/catalogue/policy-writing.js';
import { REFERENCE_SOURCES } from '../../../src/policies/catalogue/references.js';
import { encodeStoredPolicy } from '../../../src/policies/stored-policy.js';

/** Collections of Graph that contain policies of a tenant. */
const COLLECTIONS = [
  'deviceManagement/configurationPolicies',
  'deviceManagement/deviceConfigurations',
  'deviceManagement/deviceCompliancePolicies',
  'deviceManagement/compliancePolicies',
  'deviceManagement/deviceComplianceScripts',
  'deviceManagement/groupPolicyConfigurations',
  'deviceManagement/intents',
  'deviceManagement/deviceManagementScripts',
  'deviceManagement/deviceShellScripts',
  'deviceManagement/deviceHealthScripts',
  'deviceManagement/deviceCustomAttributeShellScripts',
  'deviceAppManagement/mobileApps',
  'deviceAppManagement/mobileAppConfigurations',
  'deviceAppManagement/managedAppPolicies',
  'deviceAppManagement/targetedManagedAppConfigurations',
  'deviceManagement/deviceEnrollmentConfigurations',
  'deviceManagement/windowsAutopilotDeploymentProfiles',
  'deviceManagement/windowsFeatureUpdateProfiles',
  'deviceManagement/windowsQualityUpdateProfiles',
  'deviceManagement/windowsDriverUpdateProfiles',
  'deviceManagement/assignmentFilters',
  'deviceManagement/roleScopeTags',
  'deviceManagement/roleDefinitions',
  'deviceManagement/reusablePolicySettings',
  'deviceAppManagement/policySets',
  'deviceManagement/notificationMessageTemplates',
  'identity/conditionalAccess/policies',
];

t.test('every collection of policies is one type', (t) => {
  t.same(POLICY_TYPES.map(({ path }) => path).sort(), [...COLLECTIONS].sort());
  t.equal(new Set(POLICY_TYPES.map(({ name }) => name)).size, POLICY_TYPES.length);
  t.equal(new Set(POLICY_TYPES.map(({ label }) => label)).size, POLICY_TYPES.length);
  t.end();
});

t.test('the fields of an entry don’t contradict each other', (t) => {
  for (const type of POLICY_TYPES) {
    t.notOk(type.listQuery.includes('assignments'), `${type.name}: assignments have a field of their own`);
    t.equal(
      type.assignments === 'own_address',
      type.ownAddress?.fields.includes('assignments') ?? false,
      type.name,
    );
    for (const { kind, at } of type.refersTo)
      t.ok(REFERENCE_SOURCES[kind] && at !== '', `${type.name} ${at}`);
  }
  t.end();
});

t.test('a type can be written exactly when it has no reason against that', (t) => {
  for (const type of POLICY_TYPES) {
    t.equal(type.writing === null, type.notWritable !== null, type.name);
    if (type.writing === null) continue;
    const { writing } = type;
    t.equal(writing.content === null, type.content === null, type.name);
    if (type.assignments === 'none')
      t.equal(writing.assign, null, `${type.name} has no assignments to write`);
    for (const field of [...writing.readOnly, ...writing.fixed])
      t.notOk(type.serviceFields.includes(field), `${type.name} ${field} is never compared anyway`);
    for (const { name } of writing.parts)
      t.notOk([...writing.readOnly, ...writing.fixed].includes(name), `${type.name} ${name}`);
  }
  t.end();
});

t.test('each read permission has a write permission', (t) => {
  const writing = READ_PERMISSIONS.map((permission) =>
    permission === 'Policy.Read.All'
      ? 'Policy.ReadWrite.ConditionalAccess'
      : permission.replace('.Read.', '.ReadWrite.'),
  );
  t.same(WRITE_PERMISSIONS, writing.sort());
  t.end();
});

t.test('policies that others refer to are written first, and policy sets last', (t) => {
  const rank = (name: string, derived = '') => {
    const writing = policyTypeNamed(name)?.writing;
    return writing ? rankOf(writing, derived) : Number.NaN;
  };
  const order = [
    rank('roleScopeTags'),
    rank('assignmentFilters'),
    rank('notificationMessageTemplates'),
    rank('deviceComplianceScripts'),
    rank('reusablePolicySettings'),
    rank('deviceConfigurations', 'windows81TrustedRootCertificate'),
    rank('deviceConfigurations', 'windows81SCEPCertificateProfile'),
    rank('deviceConfigurations', 'windowsWifiEnterpriseEAPConfiguration'),
    rank('policySets'),
  ];
  t.same(
    order,
    [...new Set(order)].sort((a, b) => a - b),
  );
  for (const derived of [
    'iosEasEmailProfileConfiguration',
    'iosVpnConfiguration',
    'windows10CustomConfiguration',
  ])
    t.equal(rank('deviceConfigurations', derived), 100, derived);
  t.end();
});

t.test('a policy without attached objects is stored in the old form', (t) => {
  const [type] = POLICY_TYPES;
  if (!type) throw new Error('the catalogue is empty');
  const stored = encodeStoredPolicy(type, { raw: { id: '1' }, settings: [], assignments: [] });
  t.equal(
    Buffer.from(stored).toString(),
    '{"assignments":[],"raw":{"id":"1"},"settings":[],"type":"configurationPolicies"}',
  );
  t.end();
});
