import t from 'tap';
import { policyTypeNamed } from '../../src/policies/catalogue/policy-types.js';
import type { PolicyDocument } from '../../src/policies/policy-document.js';
import { referencesOf, withReferences } from '../../src/policies/references.js';

const ID = (n: number): string => `0a0a0a0a-0000-4000-8000-00000000000${n}`;

function found(name: string, document: Partial<PolicyDocument>): string[] {
  const type = policyTypeNamed(name);
  if (!type) throw new Error(`no policy type ${name}`);
  const whole = { raw: {}, settings: null, assignments: [], ...document };
  return referencesOf(type, whole).map(({ kind, id }) => `${kind} ${id.at(-1)}`);
}

t.test('reusable settings deep inside a settings catalog policy', (t) => {
  const reference = {
    '@odata.type': '#microsoft.graph.deviceManagementConfigurationReferenceSettingValue',
    value: ID(1),
  };
  const settings = [
    {
      settingInstance: {
        groupSettingCollectionValue: [
          {
            children: [
              { simpleSettingCollectionValue: [reference, { ...reference, value: ID(1).toUpperCase() }] },
            ],
          },
        ],
      },
    },
  ];
  t.same(found('configurationPolicies', { settings }), ['reusable_setting 1'], 'each once');
  t.end();
});

t.test('the ids in conditional access are references, and its keywords are not', (t) => {
  const raw = {
    conditions: {
      users: { includeUsers: ['All'], excludeGroups: [ID(1)], includeRoles: [ID(2)] },
      applications: { includeApplications: ['Office365'] },
      locations: { includeLocations: ['AllTrusted'], excludeLocations: [ID(3)] },
    },
    grantControls: { authenticationStrength: { id: ID(4) }, termsOfUse: [ID(5)] },
  };
  t.same(found('conditionalAccessPolicies', { raw }), [
    'group 1',
    'directory_role 2',
    'named_location 3',
    'authentication_strength 4',
    'terms_of_use 5',
  ]);
  t.end();
});

t.test('service principals of conditional access, which have another id in each directory', (t) => {
  const clientApplications = {
    includeServicePrincipals: ['ServicePrincipalsInMyTenant'],
    excludeServicePrincipals: [ID(1)],
  };
  t.same(found('conditionalAccessPolicies', { raw: { conditions: { clientApplications } } }), [
    'service_principal 1',
  ]);
  t.end();
});

t.test('notification templates of enrollment notifications, whose ids follow the channel', (t) => {
  const type = policyTypeNamed('deviceEnrollmentConfigurations');
  if (!type) throw new Error('no type of enrollment configurations');
  const notificationTemplates = [
    `Email_${ID(1)}`,
    `push_${ID(2)}`,
    `email_${ID(0).replaceAll(/[^-]/g, '0')}`,
  ];
  const raw = { notificationTemplates };
  t.same(found(type.name, { raw }), ['notification_template 1', 'notification_template 2']);
  const replaced = withReferences(type, { raw, settings: null, assignments: [] }, () => ID(7));
  t.same(replaced.raw, {
    notificationTemplates: [`Email_${ID(7)}`, `push_${ID(7)}`, notificationTemplates[2]],
  });
  t.end();
});

t.test('groups in the assignments of a role', (t) => {
  const type = policyTypeNamed('roleDefinitions');
  if (!type) throw new Error('no type of roles');
  const assignment = { id: ID(9), members: [ID(1), ID(2)], scopeMembers: [ID(3)], resourceScopes: [ID(3)] };
  const document = {
    raw: { roleScopeTagIds: ['0'] },
    settings: null,
    assignments: [],
    attached: { roleAssignments: [assignment] },
  };
  t.same(found('roleDefinitions', document), ['scope_tag 0', 'group 1', 'group 2', 'group 3']);
  const replaced = withReferences(type, document, ({ id }) => (id === ID(1) ? ID(7) : id));
  t.same(replaced.attached, { roleAssignments: [{ ...assignment, members: [ID(7), ID(2)] }] });
  t.end();
});

t.test('certificates that a profile links to', (t) => {
  const raw = { '@odata.type': '#microsoft.graph.iosVpnConfiguration', roleScopeTagIds: ['0', '7'] };
  const attached = { identityCertificate: [{ id: ID(6) }], rootCertificate: [] };
  t.same(found('deviceConfigurations', { raw, attached }), ['scope_tag 0', 'scope_tag 7', 'certificate 6']);
  t.end();
});
