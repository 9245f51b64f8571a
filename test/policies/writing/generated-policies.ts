import fc from 'fast-check';
import type { GraphObject } from '../../../src/graph/simulator/graph-value.js';
import type { JsonObject } from '../../../src/ledger/canonical-json.js';
import type { PolicyType } from '../../../src/policies/catalogue/policy-types.js';
import { choice, groups, simple, simples } from '../policy-builder.js';

/** Generated policies of every type that can be written, as Graph stores them. */

const guid = (kind: number, number: number) =>
  `0000000${kind}-0000-4000-8000-00000000000${number}`.toLowerCase();
export const GROUPS = [1, 2, 3].map((number) => guid(1, number));
export const FILTERS = [1, 2].map((number) => guid(2, number));
export const CERTIFICATES = [1, 2, 3].map((number) => guid(3, number));
const SCRIPTS = [1, 2].map((number) => guid(4, number));
const TEMPLATES = [1, 2].map((number) => guid(5, number));
const PAYLOADS = [1, 2, 3].map((number) => guid(6, number));
const STRENGTHS = [1, 2].map((number) => guid(7, number));
export const POLICY_ID = guid(9, 9);
export const SCOPE_TAGS = ['1', '2'];

const word = fc.constantFrom('a', 'b', 'c', '');
const name = fc.constantFrom('One', 'Two', 'Three');
const typed = (type: string): JsonObject => ({ '@odata.type': `#microsoft.graph.${type}` });
const base64 = word.map((text) => Buffer.from(text).toString('base64'));
const some = <T>(of: readonly T[]) => fc.subarray([...of]);
const record = (fields: { readonly [field: string]: fc.Arbitrary<unknown> }, more: JsonObject = {}) =>
  fc.record({ ...fields }).map((made): JsonObject => ({ ...more, ...(made as JsonObject) }));

const instance = fc.oneof(
  word.map((value) => choice('device_choice', value)),
  fc.integer({ min: 0, max: 3 }).map((value) => simple('device_number', value, 'Integer')),
  fc.uniqueArray(word, { maxLength: 3 }).map((values) => simples('device_list', values)),
  fc.array(word, { maxLength: 2 }).map((values) =>
    groups(
      'device_group',
      values.map((value) => [choice('device_inner', value)]),
    ),
  ),
  fc.constantFrom(...PAYLOADS).map((id) => simple('device_reusable', id, 'Reference')),
);
const catalogRows = fc
  .uniqueArray(instance, { maxLength: 4, selector: (row) => String(row.settingDefinitionId) })
  .map((rows) => rows.map((settingInstance, index) => ({ id: String(index), settingInstance })));

const actions = fc
  .tuple(fc.integer({ min: 0, max: 48 }), some(GROUPS), fc.constantFrom(null, ...TEMPLATES))
  .map(([hours, list, template]) => [
    {
      id: 'rule',
      ruleName: 'PasswordRequired',
      scheduledActionConfigurations: [
        { id: 'b', actionType: 'block', gracePeriodHours: hours, notificationTemplateId: '' },
        ...(template === null
          ? []
          : [
              {
                id: 'n',
                actionType: 'notification',
                gracePeriodHours: 0,
                notificationTemplateId: template,
                notificationMessageCCList: list,
              },
            ]),
      ],
    },
  ]);

const definitionValue = (definition: number) =>
  fc.tuple(fc.boolean(), fc.array(word, { maxLength: 2 })).map(([enabled, values]) => ({
    id: `value-${definition}`,
    enabled,
    configurationType: 'policy',
    definition: { id: guid(8, definition), displayName: `Definition ${definition}` },
    presentationValues: values.map((value, index) => ({
      ...typed('groupPolicyPresentationValueText'),
      id: `presentation-${definition}-${index}`,
      value,
      presentation: { id: guid(8, index + 3), label: 'Text' },
    })),
  }));
const definitionValues = fc
  .tuple(definitionValue(1), definitionValue(2), some([0, 1]))
  .map(([one, two, kept]) => kept.map((index) => [one, two][index] as JsonObject));

const intentRow = (definitionId: string) =>
  fc.oneof(fc.boolean(), fc.integer({ min: 0, max: 3 })).map((value) => ({
    ...typed('deviceManagementBooleanSettingInstance'),
    id: `row-${definitionId}`,
    definitionId,
    valueJson: JSON.stringify(value),
    value,
  }));

const messages = fc
  .uniqueArray(fc.constantFrom('en-us', 'de-de', 'fr-fr'), { maxLength: 3 })
  .chain((locales) =>
    fc.tuple(
      ...locales.map((locale) =>
        word.map((text) => ({
          id: `message-${locale}`,
          locale,
          subject: `Subject ${text}`,
          messageTemplate: text,
        })),
      ),
    ),
  );

const apps = some(['com.example.one', 'com.example.two']).map((ids) =>
  ids.map((bundleId) => ({
    id: bundleId,
    version: '1',
    mobileAppIdentifier: { ...typed('iosMobileAppIdentifier'), bundleId },
  })),
);

const items = some(PAYLOADS).map((ids) =>
  ids.map((payloadId, index) => ({
    ...typed('deviceConfigurationPolicySetItem'),
    id: `item-${index}`,
    payloadId,
    status: 'notValidated',
    errorCode: 'noError',
    guidedDeploymentTags: [],
  })),
);

const link = (id: string) => ({
  id,
  displayName: `Certificate ${id.slice(-1)}`,
  ...typed('windows81TrustedRootCertificate'),
});
const wifi = fc
  .record({
    roots: some(CERTIFICATES.slice(0, 2)),
    identity: fc.constantFrom(null, ...CERTIFICATES),
    ssid: word,
  })
  .map(
    ({ roots, identity, ssid }): JsonObject => ({
      ...typed('windowsWifiEnterpriseEAPConfiguration'),
      ssid,
      rootCertificatesForServerValidation: roots.map(link),
      identityCertificateForClientAuthentication: identity === null ? null : link(identity),
    }),
  );
const custom = fc.uniqueArray(word, { maxLength: 3 }).map(
  (values): JsonObject => ({
    ...typed('windows10CustomConfiguration'),
    omaSettings: values.map((value) => ({
      ...typed('omaSettingInteger'),
      displayName: `Setting ${value}`,
      omaUri: `./Device/${value}`,
      value: value.length,
    })),
  }),
);

/** The fields of each type besides name, description, scope tags and assignments; the kind stays the same. */
const FIELDS: Readonly<Record<string, readonly fc.Arbitrary<JsonObject>[]>> = {
  configurationPolicies: [
    record(
      { settings: catalogRows },
      { platforms: 'windows10', technologies: 'mdm', templateReference: { templateId: '' } },
    ),
  ],
  deviceConfigurations: [custom, wifi],
  deviceCompliancePolicies: [
    record(
      {
        passwordRequired: fc.boolean(),
        scheduledActionsForRule: actions,
        deviceCompliancePolicyScript: fc.constantFrom(
          null,
          ...SCRIPTS.map((id) => ({ deviceComplianceScriptId: id, rulesContent: 'eyJ9' })),
        ),
      },
      typed('windows10CompliancePolicy'),
    ),
  ],
  compliancePolicies: [
    record(
      { settings: catalogRows, scheduledActionsForRule: actions },
      { platforms: 'linux', technologies: 'linuxMdm' },
    ),
  ],
  groupPolicyConfigurations: [record({ definitionValues })],
  intents: [
    record(
      { settings: fc.tuple(intentRow('one'), intentRow('two')).map((rows): JsonObject[] => [...rows]) },
      { templateId: guid(5, 1) },
    ),
  ],
  reusablePolicySettings: [
    record({ settingInstance: instance }, { settingDefinitionId: 'device_vendor_example' }),
  ],
  windowsDriverUpdateProfiles: [
    record({ deploymentDeferralInDays: fc.nat(5) }, { approvalType: 'automatic' }),
  ],
  windowsFeatureUpdateProfiles: [
    record({
      featureUpdateVersion: word,
      rolloutSettings: fc.constantFrom(null, {
        offerStartDateTimeInUTC: '2040-01-01T00:00:00Z',
        offerEndDateTimeInUTC: null,
        offerIntervalInDays: null,
      }),
    }),
  ],
  windowsQualityUpdateProfiles: [
    record({ expeditedUpdateSettings: fc.nat(3).map((days) => ({ daysUntilForcedReboot: days })) }),
  ],
  deviceManagementScripts: [
    record({ scriptContent: base64, runAsAccount: fc.constantFrom('system', 'user') }),
  ],
  deviceShellScripts: [record({ scriptContent: base64, retryCount: fc.nat(3) })],
  deviceHealthScripts: [
    record({ detectionScriptContent: base64, remediationScriptContent: base64 }, { isGlobalScript: false }),
  ],
  deviceComplianceScripts: [record({ detectionScriptContent: base64 })],
  deviceCustomAttributeShellScripts: [
    record(
      { scriptContent: base64, displayName: fc.constant('Attribute') },
      { customAttributeName: 'x', customAttributeType: 'string' },
    ),
  ],
  deviceEnrollmentConfigurations: [
    record({ limit: fc.nat(15) }, typed('deviceEnrollmentLimitConfiguration')),
    record(
      { selectedMobileAppIds: some(PAYLOADS), showInstallationProgress: fc.boolean() },
      typed('windows10EnrollmentCompletionPageConfiguration'),
    ),
  ],
  windowsAutopilotDeploymentProfiles: [
    record({ deviceNameTemplate: word }, typed('azureADWindowsAutopilotDeploymentProfile')),
  ],
  mobileAppConfigurations: [
    record(
      {
        settings: some(['a', 'b']).map((keys) =>
          keys.map((appConfigKey) => ({
            appConfigKey,
            appConfigKeyType: 'stringType',
            appConfigKeyValue: 'x',
          })),
        ),
      },
      { ...typed('iosMobileAppConfiguration'), targetedMobileApps: [PAYLOADS[0] ?? ''] },
    ),
  ],
  managedAppPolicies: [
    record(
      { pinRequired: fc.boolean(), apps, appGroupType: fc.constant('selectedPublicApps') },
      typed('iosManagedAppProtection'),
    ),
  ],
  targetedManagedAppConfigurations: [
    record({
      apps,
      appGroupType: fc.constant('selectedPublicApps'),
      settings: catalogRows,
      customSettings: some(['a', 'b']).map((names) => names.map((own) => ({ name: own, value: 'x' }))),
    }),
  ],
  assignmentFilters: [record({ rule: word }, { platform: 'windows10AndLater' })],
  roleScopeTags: [record({}, { isBuiltIn: false })],
  roleDefinitions: [
    record(
      {
        rolePermissions: some(['read', 'update']).map((allowed) => [
          { resourceActions: [{ allowedResourceActions: allowed }] },
        ]),
      },
      { ...typed('deviceAndAppManagementRoleDefinition'), isBuiltIn: false, isBuiltInRoleDefinition: false },
    ),
  ],
  notificationMessageTemplates: [
    record({ localizedNotificationMessages: messages, brandingOptions: word }, { defaultLocale: 'en-us' }),
  ],
  policySets: [record({ items, guidedDeploymentTags: some(['x', 'y']) })],
  conditionalAccessPolicies: [
    record({
      state: fc.constantFrom('enabled', 'disabled'),
      conditions: some(GROUPS).map((includeGroups) => ({ users: { includeGroups, includeUsers: [] } })),
      grantControls: fc.constantFrom(
        null,
        ...STRENGTHS.map((id) => ({ operator: 'OR', authenticationStrength: strength(id) })),
      ),
    }),
  ],
};

function strength(id: string): JsonObject {
  return { id, displayName: `Strength ${id.slice(-1)}` };
}

const HAS_NO_TAGS = new Set(['roleScopeTags', 'conditionalAccessPolicies']);
const scopeTags = some(['0', ...SCOPE_TAGS]);

const target: fc.Arbitrary<JsonObject> = fc.oneof(
  fc
    .tuple(
      fc.constantFrom('groupAssignmentTarget', 'exclusionGroupAssignmentTarget'),
      fc.constantFrom(...GROUPS),
      fc.constantFrom(null, ...FILTERS),
    )
    .map(([type, groupId, filter]) => ({ ...typed(type), groupId, ...filterOf(filter) })),
  fc
    .constantFrom('allDevicesAssignmentTarget', 'allLicensedUsersAssignmentTarget')
    .map((type) => typed(type)),
);

function filterOf(id: string | null): JsonObject {
  return {
    deviceAndAppManagementAssignmentFilterId: id,
    deviceAndAppManagementAssignmentFilterType: id === null ? 'none' : 'include',
  };
}

function assignmentsOf(type: PolicyType): fc.Arbitrary<JsonObject[]> {
  const { writing } = type;
  if (!writing?.assign) return fc.constant([]);
  const allowed = writing.assign.exclusions
    ? target
    : target.filter((made) => !String(made['@odata.type']).includes('exclusion'));
  return fc
    .uniqueArray(allowed, {
      maxLength: 3,
      selector: (made: JsonObject) => String(made.groupId ?? made['@odata.type']),
    })
    .map((targets) =>
      targets.map((made, index): JsonObject => ({ id: `a${index}`, source: 'direct', target: made })),
    );
}

/** Two states of one policy of a type: the captured one and the present one. */
export function statesOf(type: PolicyType): fc.Arbitrary<readonly [GraphObject, GraphObject]> {
  const kinds = FIELDS[type.name];
  if (!kinds) throw new Error(`no generated content for ${type.name}`);
  const state = (fields: fc.Arbitrary<JsonObject>) =>
    fc.tuple(name, word, scopeTags, fields, assignmentsOf(type)).map(
      ([title, description, tags, own, assignments]): GraphObject => ({
        id: POLICY_ID,
        [type.nameField]: title,
        description,
        ...(HAS_NO_TAGS.has(type.name)
          ? {}
          : { [type.name === 'assignmentFilters' ? 'roleScopeTags' : 'roleScopeTagIds']: tags }),
        ...own,
        ...(type.writing?.assign ? { assignments } : {}),
      }),
    );
  return fc.oneof(...kinds.map((fields) => fc.tuple(state(fields), state(fields))));
}

/** The objects that generated policies refer to, by collection. */
export const REFERRED_TO: ReadonlyMap<string, readonly GraphObject[]> = new Map<
  string,
  readonly GraphObject[]
>([
  ['groups', GROUPS.map((id) => ({ id, displayName: `Group ${id.slice(-1)}` }))],
  [
    'deviceManagement/assignmentFilters',
    FILTERS.map((id) => ({
      id,
      displayName: `Filter ${id.slice(-1)}`,
      platform: 'windows10AndLater',
      rule: '',
    })),
  ],
  ['deviceManagement/roleScopeTags', SCOPE_TAGS.map((id) => ({ id, displayName: `Tag ${id}` }))],
  [
    'deviceManagement/deviceConfigurations',
    [
      ...CERTIFICATES.map((id): GraphObject => link(id)),
      ...PAYLOADS.map(
        (id): GraphObject => ({ ...typed('iosGeneralDeviceConfiguration'), id, displayName: id }),
      ),
    ],
  ],
  [
    'deviceAppManagement/mobileApps',
    PAYLOADS.map((id): GraphObject => ({ ...typed('iosStoreApp'), id, displayName: id })),
  ],
  ['policies/authenticationStrengthPolicies', STRENGTHS.map((id): GraphObject => strength(id))],
]);
