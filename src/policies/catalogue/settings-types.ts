import { objectsIn } from '../../ledger/json-values.js';
import { child, ownAddress, type PolicyContentResource, type PolicyType, policyType } from './policy-type.js';
import { byAction, RANK } from './policy-writing.js';
import { PROFILE_LINKS } from './profile-links.js';

const permission = 'DeviceManagementConfiguration.Read.All';

const CATALOG_SETTINGS: PolicyContentResource = {
  name: 'settings',
  // Graph's default page of settings has 25 rows.
  query: '$top=1000',
  countField: 'settingCount',
};

const RULES = 'scheduledActionsForRule';
/** Only the listing gives the rules of compliance policies. */
const COMPLIANCE_RULES = `$expand=${RULES}($expand=scheduledActionConfigurations)`;
const ACTIONS = `${RULES}/*/scheduledActionConfigurations/*`;

const CATALOG_FIXED = ['platforms', 'technologies', 'templateReference'];

/** States of an update ring, which separate actions pause and roll back. */
const RING_STATES = [
  'qualityUpdatesPauseStartDate',
  'qualityUpdatesPauseExpiryDateTime',
  'qualityUpdatesRollbackStartDateTime',
  'qualityUpdatesWillBeRolledBack',
  'featureUpdatesPauseStartDate',
  'featureUpdatesPauseExpiryDateTime',
  'featureUpdatesRollbackStartDateTime',
  'featureUpdatesWillBeRolledBack',
];

/** Configuration, compliance and endpoint security. */
export const SETTINGS_TYPES: readonly PolicyType[] = [
  policyType({
    name: 'configurationPolicies',
    label: 'Settings catalog',
    permission,
    nameField: 'name',
    assignments: 'own_collection',
    content: CATALOG_SETTINGS,
    refersTo: [{ kind: 'reusable_setting', at: 'settings/**ReferenceSettingValue/value' }],
    writing: { content: 'put', fixed: CATALOG_FIXED },
  }),
  policyType({
    name: 'deviceConfigurations',
    label: 'Device configuration',
    permission,
    links: PROFILE_LINKS,
    // Access of single apps to private data. Profiles of macOS have an own field of that name.
    children: [
      child('privacyAccessControls', { derivedTypes: /^windows10GeneralConfiguration$/, optional: true }),
    ],
    serviceFields: ['privacyAccessControls/id'],
    secretFields: ['payload', 'preSharedKey'],
    orderedLists: [
      ...['homeScreenPages', 'homeScreenDockIcons', 'icons', 'pages', '*apps'],
      ...['onDemandRules', 'contentCachingParents', 'preferredKDCs'],
    ],
    writing: { typed: true, readOnly: [...RING_STATES, 'privacyAccessControls'] },
  }),
  policyType({
    name: 'deviceCompliancePolicies',
    label: 'Compliance',
    permission,
    listQuery: COMPLIANCE_RULES,
    refersTo: [
      { kind: 'notification_template', at: `${ACTIONS}/notificationTemplateId` },
      { kind: 'group', at: `${ACTIONS}/notificationMessageCCList/*` },
      { kind: 'compliance_script', at: 'deviceCompliancePolicyScript/deviceComplianceScriptId' },
    ],
    writing: {
      typed: true,
      parts: [
        byAction(RULES, 'scheduleActionsForRules', 'deviceComplianceScheduledActionForRules', {
          inCreate: true,
        }),
      ],
      needed: { what: 'exactly one action of type block', isIn: hasOneBlockAction },
    },
  }),
  policyType({
    name: 'compliancePolicies',
    label: 'Compliance (settings catalog)',
    permission,
    nameField: 'name',
    listQuery: COMPLIANCE_RULES,
    content: CATALOG_SETTINGS,
    refersTo: [
      { kind: 'notification_template', at: `${ACTIONS}/notificationTemplateId` },
      { kind: 'group', at: `${ACTIONS}/notificationMessageCCList/*` },
      { kind: 'reusable_setting', at: 'settings/**ReferenceSettingValue/value' },
    ],
    writing: {
      content: 'put',
      fixed: CATALOG_FIXED,
      parts: [byAction(RULES, 'setScheduledActions', 'scheduledActions', { inCreate: true })],
    },
  }),
  policyType({
    name: 'groupPolicyConfigurations',
    label: 'Administrative templates',
    permission,
    content: {
      name: 'definitionValues',
      query: '$expand=definition,presentationValues($expand=presentation)',
      countField: null,
    },
    // The kind of the template, which the settings themselves name as well.
    serviceFields: ['policyConfigurationIngestionType'],
    writing: { content: 'updateDefinitionValues' },
  }),
  policyType({
    name: 'intents',
    label: 'Endpoint security',
    permission,
    content: { name: 'settings', query: '', countField: null },
    // State of Microsoft's migration of an intent to the settings catalog.
    serviceFields: ['isMigratingToConfigurationPolicy'],
    refersTo: [{ kind: 'template', at: 'templateId' }],
    writing: { content: 'updateSettings', fixed: ['templateId'] },
  }),
  policyType({
    name: 'reusablePolicySettings',
    label: 'Reusable settings',
    permission,
    assignments: 'none',
    ownAddress: ownAddress(['settingInstance']),
    serviceFields: ['referencingConfigurationPolicyCount'],
    writing: { rank: RANK.reusableSettings, update: 'PUT', fixed: ['settingDefinitionId'] },
  }),
];

/** Graph refuses a compliance policy without an action that marks a device as noncompliant, or with several. */
function hasOneBlockAction({
  scheduledActionsForRule: rules,
}: {
  readonly [field: string]: unknown;
}): boolean {
  const actions = objectsIn(rules).flatMap(({ scheduledActionConfigurations }) =>
    objectsIn(scheduledActionConfigurations),
  );
  return actions.filter(({ actionType }) => actionType === 'block').length === 1;
}
