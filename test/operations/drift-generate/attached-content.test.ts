import t from 'tap';
import type { JsonObject } from '../../../src/ledger/canonical-json.js';
import { driftGenerate } from '../../../src/operations/drift-generate/drift-generate.js';
import { inventorySync } from '../../../src/operations/inventory-sync/inventory-sync.js';
import { linkNamesOf, policyTypeNamed } from '../../../src/policies/catalogue/policy-types.js';
import type { PolicyInSet } from '../../../src/policies/compare-policy-sets.js';
import type { Attached } from '../../../src/policies/policy-document.js';
import { assignedTo, plainPolicy } from '../../policies/policy-builder.js';
import { createOperationBed, findingsIn } from '../../support/operation-bed.js';
import { scriptedTenant } from '../../support/scripted-tenant.js';

const WIFI = '#microsoft.graph.windowsWifiEnterpriseEAPConfiguration';
const LINK = 'rootCertificatesForServerValidation';

const DEVICE_CONFIGURATIONS = policyTypeNamed('deviceConfigurations');

function withAttached(policy: PolicyInSet, attached?: Attached): PolicyInSet {
  const { attached: _none, ...document } = policy.document;
  return { ...policy, document: { ...document, ...(attached && { attached }) } };
}
const wifi = (attached?: Attached, raw: JsonObject = {}) =>
  withAttached(
    plainPolicy('deviceConfigurations', { '@odata.type': WIFI, ...raw }, { id: 'w', name: 'Office' }),
    attached,
  );
const certificate = (id: string, displayName: string) => ({
  [LINK]: [{ id, displayName, trustedRootCertificate: 'AAAA' }],
  rootCertificateForServerValidation: [],
  rootCertificateForClientValidation: [],
  identityCertificateForClientAuthentication: [],
});

async function driftBetween(before: readonly PolicyInSet[], after: readonly PolicyInSet[]) {
  const { state, graph } = scriptedTenant();
  const bed = createOperationBed(graph);
  for (const policies of [before, after]) {
    state.policies = policies;
    await bed.run(inventorySync);
  }
  return findingsIn(await bed.run(driftGenerate));
}

t.test('another certificate behind a profile is a change of the profile', async (t) => {
  const old = wifi(certificate('c20', 'Root 2020'));
  t.same(await driftBetween([old], [wifi(certificate('C20', 'Root 2020, renamed'))]), []);
  t.match(await driftBetween([old], [wifi(certificate('c30', 'Root 2030'))]), [
    {
      kind: 'changed',
      evidence: {
        settingsChanged: [{ path: LINK, before: ['"Root 2020 (c20)"'], after: ['"Root 2030 (c30)"'] }],
        notCompared: [],
      },
    },
  ]);
  t.match(await driftBetween([old], [wifi({ ...certificate('c20', 'Root 2020'), [LINK]: [] })]), [
    { evidence: { settingsRemoved: [{ path: LINK, values: ['"Root 2020 (c20)"'] }] } },
  ]);
});

t.test('another object behind a link of a profile is a change of the profile', async (t) => {
  const LINKS: Readonly<Record<string, readonly string[]>> = {
    iosEnterpriseWiFiConfiguration: [
      ...[LINK, 'identityCertificateForClientAuthentication', 'derivedCredentialSettings'],
    ],
    androidDeviceOwnerEnterpriseWiFiConfiguration: [
      ...[LINK, 'rootCertificateForServerValidation', 'derivedCredentialSettings'],
      'identityCertificateForClientAuthentication',
    ],
    macOSEnterpriseWiFiConfiguration: [
      ...[LINK, 'rootCertificateForServerValidation'],
      'identityCertificateForClientAuthentication',
    ],
    androidWorkProfileEnterpriseWiFiConfiguration: [
      'rootCertificateForServerValidation',
      'identityCertificateForClientAuthentication',
    ],
    windowsWiredNetworkConfiguration: [
      ...[LINK, 'rootCertificateForClientValidation', 'identityCertificateForClientAuthentication'],
      'secondaryRootCertificateForClientValidation',
      'secondaryIdentityCertificateForClientAuthentication',
    ],
    windows10VpnConfiguration: ['identityCertificate'],
    iosVpnConfiguration: ['identityCertificate', 'derivedCredentialSettings'],
    iosikEv2VpnConfiguration: ['identityCertificate', 'derivedCredentialSettings'],
    macOSVpnConfiguration: ['identityCertificate'],
    androidDeviceOwnerVpnConfiguration: ['identityCertificate', 'derivedCredentialSettings'],
    iosEasEmailProfileConfiguration: [
      ...['identityCertificate', 'smimeSigningCertificate', 'smimeEncryptionCertificate'],
      'derivedCredentialSettings',
    ],
    androidEasEmailProfileConfiguration: ['identityCertificate', 'smimeSigningCertificate'],
    androidForWorkGmailEasConfiguration: ['identityCertificate'],
    androidWorkProfileNineWorkEasConfiguration: ['identityCertificate'],
    windows81SCEPCertificateProfile: ['rootCertificate'],
    iosScepCertificateProfile: ['rootCertificate'],
    androidPkcsCertificateProfile: ['rootCertificate'],
    aospDeviceOwnerPkcsCertificateProfile: ['rootCertificate'],
    androidImportedPFXCertificateProfile: ['rootCertificate'],
    iosDeviceFeaturesConfiguration: [
      ...['identityCertificateForClientAuthentication', 'singleSignOnExtensionPkinitCertificate'],
    ],
    iosDerivedCredentialAuthenticationConfiguration: ['derivedCredentialSettings'],
    androidDeviceOwnerDerivedCredentialAuthenticationConfiguration: ['derivedCredentialSettings'],
    windowsDomainJoinConfiguration: ['networkAccessConfigurations'],
    iosTrustedRootCertificate: [],
    windows10EasEmailProfileConfiguration: [],
    iosPkcsCertificateProfile: [],
  };
  /** A profile of each type with an object of this name behind each of its links. */
  const profiles = (displayName: string) =>
    Object.entries(LINKS).map(([derived, links]) => {
      const raw = { '@odata.type': `#microsoft.graph.${derived}` };
      const profile = plainPolicy('deviceConfigurations', raw, { id: derived, name: derived });
      const rows = [{ id: displayName, displayName }];
      t.same(
        DEVICE_CONFIGURATIONS && linkNamesOf(DEVICE_CONFIGURATIONS, raw).toSorted(),
        links.toSorted(),
        derived,
      );
      return withAttached(profile, Object.fromEntries(links.map((link) => [link, rows])));
    });
  const findings = await driftBetween(profiles('old'), profiles('new'));
  const changed = findings.map(({ name, evidence }) => [
    name,
    evidence.settingsChanged.map(({ path }) => path).toSorted(),
  ]);
  const linked = Object.entries(LINKS).filter(([, links]) => links.length > 0);
  t.same(Object.fromEntries(changed), Object.fromEntries(linked.map(([name, to]) => [name, to.toSorted()])));
  t.ok(findings.every(({ evidence }) => evidence.notCompared.length === 0));
});

t.test('a change of a reusable setting is shown at the setting that policies refer to', async (t) => {
  const reusable = (value: string) =>
    plainPolicy(
      'reusablePolicySettings',
      { settingInstance: { settingDefinitionId: 'firewall_addresses', simpleSettingValue: { value } } },
      { id: 'r', name: 'Office network' },
    );
  const rule = plainPolicy('configurationPolicies', { settingCount: 0 }, { id: 'p', name: 'Firewall' });
  const findings = await driftBetween([rule, reusable('10.0.0.0/24')], [rule, reusable('10.0.0.0/16')]);
  t.match(findings, [{ policyType: 'reusablePolicySettings', kind: 'changed', name: 'Office network' }]);
  t.match(JSON.stringify(findings), /10\.0\.0\.0\/16/);
});

t.test('what one of the inventories did not read is named and not compared', async (t) => {
  t.same(await driftBetween([wifi()], [wifi(certificate('c30', 'Root 2030'))]), [], 'no finding by itself');
  const { [LINK]: _unread, ...others } = certificate('c20', 'Root 2020');
  const [finding] = await driftBetween(
    [wifi(others)],
    [wifi(certificate('c30', 'Root 2030'), { ssid: 'Office 2' })],
  );
  t.match(finding, { evidence: { settingsAdded: [{ path: 'ssid' }], notCompared: [LINK] } });
});

t.test('the texts of a notification template are compared, whatever their ids and order', async (t) => {
  const template = (...messages: JsonObject[]) =>
    withAttached(plainPolicy('notificationMessageTemplates', {}, { id: 'n', name: 'Update' }), {
      localizedNotificationMessages: messages,
    });
  const english = {
    id: '1',
    locale: 'en-us',
    subject: 'Update now',
    lastModifiedDateTime: '2026-01-01T00:00:00Z',
  };
  const german = { id: '2', locale: 'de-de', subject: 'Jetzt aktualisieren' };
  const touched = { ...english, id: '9', lastModifiedDateTime: '2026-02-01T00:00:00Z' };
  t.same(await driftBetween([template(english, german)], [template(german, touched)]), []);
  const [finding] = await driftBetween(
    [template(english, german)],
    [template({ ...english, subject: 'Update by Friday' }, german)],
  );
  t.match(finding?.evidence.settingsChanged, [{ path: 'localizedNotificationMessages/subject' }]);
});

t.test('who is given a role is compared, whatever the ids of its assignments', async (t) => {
  const role = (id: string, ...members: string[]) =>
    withAttached(plainPolicy('roleDefinitions', {}, { id: 'role', name: 'Field support' }), {
      roleAssignments: [{ id, displayName: 'All offices', members, scopeMembers: [], resourceScopes: [] }],
    });
  const [berlin, oslo] = ['0a0a0a0a-0000-4000-8000-00000000000a', '0b0b0b0b-0000-4000-8000-00000000000b'];
  t.same(await driftBetween([role('1', berlin, oslo)], [role('2', oslo, berlin)]), []);
  const [finding] = await driftBetween([role('1', berlin)], [role('1', berlin, oslo)]);
  t.match(finding?.evidence.settingsChanged, [
    { path: 'roleAssignments/members', before: [`"${berlin}"`], after: [`"${berlin}"`, `"${oslo}"`] },
  ]);
});

t.test('of Microsoft’s own roles only the assignments are compared', async (t) => {
  const BERLIN = '0a0a0a0a-0000-4000-8000-00000000000a';
  const given = (...members: string[]) =>
    members.map((member) => ({ id: member, displayName: 'Offices', members: [member] }));
  const role = (id: string, roleAssignments: JsonObject[], raw: JsonObject = {}, name = `Role ${id}`) =>
    withAttached(plainPolicy('roleDefinitions', { isBuiltIn: true, ...raw }, { id, name }), {
      roleAssignments,
    });
  const before = [role('1', []), role('2', given(BERLIN))];
  const released = [
    role('1', [], { rolePermissions: [{ resourceActions: [] }], description: 'New' }, 'Renamed'),
    role('2', given(BERLIN)),
  ];
  t.same(await driftBetween(before, released), [], 'Microsoft’s texts and rights');
  t.same(await driftBetween(before, [...before, role('3', [])]), [], 'a role that Microsoft added');
  t.same(await driftBetween([...before, role('3', [])], before), [], 'a role that Microsoft removed');
  t.match(await driftBetween(before, [role('1', given(BERLIN)), before[1] as PolicyInSet]), [
    {
      kind: 'changed',
      subjectId: '1',
      evidence: {
        settingsAdded: [{ path: 'roleAssignments/displayName' }, { path: 'roleAssignments/members' }],
        settingsChanged: [],
      },
    },
  ]);
  t.match(await driftBetween(before, [...before, role('3', given(BERLIN))]), [
    { kind: 'added', subjectId: '3' },
  ]);
  const custom = plainPolicy('roleDefinitions', { isBuiltIn: false }, { id: '9', name: 'Own' });
  t.match(await driftBetween(before, [...before, custom]), [{ kind: 'added', subjectId: '9' }]);
});

t.test('decisions about drivers are compared, and not what Windows Update lists', async (t) => {
  const driver = (name: string, raw: JsonObject): JsonObject => ({
    id: name,
    name,
    version: '1.0',
    manufacturer: 'Contoso',
    category: 'recommended',
    applicableDeviceCount: 1,
    approvalStatus: 'needsReview',
    deployDateTime: null,
    ...raw,
  });
  const profile = (approvalType: string, drivers?: JsonObject[], raw: JsonObject = {}) =>
    withAttached(
      plainPolicy('windowsDriverUpdateProfiles', { approvalType, ...raw }, { id: 'd', name: 'Drivers' }),
      drivers && { driverInventories: drivers },
    );
  const between = (approvalType: string, before: JsonObject[], after: JsonObject[]) =>
    driftBetween([profile(approvalType, before)], [profile(approvalType, after)]);
  const DATE = '2026-01-06T00:00:00Z';
  const approved = { approvalStatus: 'approved', deployDateTime: DATE };
  const PATH = 'driverInventories/Contoso Audio 1.0';

  const listed = [driver('Audio', approved), driver('Video', {})];
  const later = [
    driver('Audio', { ...approved, id: 'other', applicableDeviceCount: 70, category: 'previouslyApproved' }),
    driver('Bluetooth', {}),
  ];
  t.same(await between('manual', listed, later), [], 'the service’s list');
  t.same(
    await between('manual', listed, [driver('Video', {})]),
    [],
    'a driver that no device needs any more',
  );
  t.match(await between('manual', [driver('Audio', {})], [driver('Audio', approved)]), [
    {
      kind: 'changed',
      evidence: {
        settingsAdded: [
          { path: `${PATH}/approvalStatus`, values: ['"approved"'] },
          { path: `${PATH}/deployDateTime`, values: [`"${DATE}"`] },
        ],
      },
    },
  ]);
  t.match(await between('manual', [], [driver('Audio', approved)]), [
    { evidence: { settingsAdded: [{ path: `${PATH}/approvalStatus` }, {}] } },
  ]);
  t.match(
    await between('manual', listed, [
      driver('Audio', { ...approved, deployDateTime: '2026-03-01T00:00:00Z' }),
    ]),
    [{ evidence: { settingsChanged: [{ path: `${PATH}/deployDateTime` }] } }],
  );
  t.match(await between('manual', listed, [driver('Audio', { ...approved, approvalStatus: 'suspended' })]), [
    {
      evidence: {
        settingsRemoved: [],
        settingsChanged: [{ path: `${PATH}/approvalStatus`, after: ['"suspended"'] }],
      },
    },
  ]);

  t.same(await between('automatic', [driver('Audio', {})], [driver('Audio', approved)]), []);
  t.match(await between('automatic', listed, [driver('Audio', { approvalStatus: 'declined' })]), [
    { evidence: { settingsAdded: [{ path: `${PATH}/approvalStatus` }] } },
  ]);
  const other = { category: 'other' };
  t.match(
    await between('automatic', [driver('Audio', other)], [driver('Audio', { ...other, ...approved })]),
    [{ evidence: { settingsAdded: [{ path: `${PATH}/approvalStatus` }, {}] } }],
  );

  t.same(await driftBetween([profile('manual')], [profile('manual', listed)]), [], 'not read before');
  t.match(await driftBetween([profile('manual')], [profile('manual', listed, { description: 'New' })]), [
    { evidence: { settingsAdded: [{ path: 'description' }], notCompared: ['driverInventories'] } },
  ]);
});

t.test('categories and relationships of apps are compared', async (t) => {
  const app = (attached?: Attached, raw: JsonObject = {}) =>
    withAttached(plainPolicy('mobileApps', raw, { id: 'a', name: 'Editor' }), attached);
  const related = (targetId: string, more: JsonObject = {}): JsonObject => ({
    '@odata.type': '#microsoft.graph.mobileAppDependency',
    id: `a_${targetId}`,
    targetId,
    targetDisplayName: `App ${targetId}`,
    targetType: 'child',
    dependencyType: 'autoInstall',
    dependentAppCount: 1,
    ...more,
  });
  const before = { categories: [{ id: '1', displayName: 'Business' }], relationships: [related('x')] };
  const touched = [related('X', { id: 'new', targetDisplayName: 'Renamed', dependentAppCount: 9 })];
  const parent = related('p', { targetType: 'parent' });
  t.same(
    await driftBetween([app(before)], [app({ ...before, relationships: [...touched, parent] })]),
    [],
    'names and counts of other apps, and what others need',
  );
  t.match(await driftBetween([app(before)], [app({ categories: [], relationships: [related('y')] })]), [
    {
      evidence: {
        settingsRemoved: [
          { path: 'categories/displayName' },
          { path: 'relationships/x/@odata.type' },
          { path: 'relationships/x/dependencyType', label: 'App x' },
        ],
        settingsAdded: [{ path: 'relationships/y/@odata.type' }, { label: 'App y' }],
      },
    },
  ]);
  t.same(await driftBetween([app()], [app(before)]), [], 'not read before');
});

t.test(
  'scope tags of the assignments of a role are compared by their ids, where both inventories read them',
  async (t) => {
    const role = (roleScopeTags?: JsonObject[], description = '') =>
      withAttached(plainPolicy('roleDefinitions', { description }, { id: 'role', name: 'Field support' }), {
        roleAssignments: [
          { id: '1', displayName: 'All', members: [], ...(roleScopeTags && { roleScopeTags }) },
        ],
      });
    const tag = (id: string, displayName = 'Berlin') => ({ id, displayName, description: '' });
    t.same(await driftBetween([role([tag('1')])], [role([tag('1', 'Berlin 2')])]), []);
    t.match(await driftBetween([role([tag('1')])], [role([tag('2')])]), [
      { evidence: { settingsChanged: [{ path: 'roleAssignments/roleScopeTags/id', after: ['"2"'] }] } },
    ]);
    t.same(await driftBetween([role()], [role([tag('1')])]), []);
    t.match(await driftBetween([role()], [role([tag('1')], 'New')]), [
      { evidence: { notCompared: ['roleAssignments/roleScopeTags'] } },
    ]);
  },
);

t.test('a filter is shown by its name, where the inventory read the filters', async (t) => {
  const FILTER = '0f0f0f0f-0000-4000-8000-00000000000f';
  const filter = plainPolicy('assignmentFilters', {}, { id: FILTER, name: 'Corporate devices' });
  const assigned = (filterType: string) =>
    plainPolicy(
      'deviceConfigurations',
      {},
      {
        id: 'p',
        name: 'Baseline',
        assignments: [
          assignedTo('allDevicesAssignmentTarget', {
            deviceAndAppManagementAssignmentFilterId: FILTER.toUpperCase(),
            deviceAndAppManagementAssignmentFilterType: filterType,
          }),
        ],
      },
    );
  const [finding] = await driftBetween([filter, assigned('include')], [filter, assigned('exclude')]);
  t.match(finding?.evidence.assignmentsChanged, [
    {
      target: 'all devices',
      parts: [
        {
          name: 'filter',
          before: `include Corporate devices (${FILTER})`,
          after: `exclude Corporate devices (${FILTER})`,
        },
      ],
    },
  ]);
});
