/** Left out of the own fields of every policy. */
const OF_THE_POLICY: ReadonlySet<string> = new Set([
  'id',
  'version',
  'isAssigned',
  'supportsScopeTags',
  'isReadOnly',
  'certificate',
  'token',
  'topicIdentifier',
  'highestAvailableVersion',
  'deployedAppCount',
  'sourceId',
  'isGlobalScript',
  'deviceHealthScriptType',
  'companyCodes',
  'settingCount',
  'creationSource',
  // Compared separately.
  'assignments',
]);

const OF_AN_UPDATE_PROFILE = [
  'deviceReporting',
  'newUpdates',
  'inventorySyncStatus',
  'deployableContentDisplayName',
  'releaseDateDisplayName',
  'endOfSupportDate',
];

/** Facts of the service by policy type. */
const OF_THE_SERVICE: ReadonlyMap<string, ReadonlySet<string>> = new Map(
  Object.entries({
    groupPolicyConfigurations: ['policyConfigurationIngestionType'],
    intents: ['isMigratingToConfigurationPolicy'],
    reusablePolicySettings: ['referencingConfigurationPolicyCount'],
    windowsDriverUpdateProfiles: OF_AN_UPDATE_PROFILE,
    windowsFeatureUpdateProfiles: OF_AN_UPDATE_PROFILE,
    windowsQualityUpdateProfiles: OF_AN_UPDATE_PROFILE,
    mobileApps: [
      'uploadState',
      'publishingState',
      'dependentAppCount',
      'supersedingAppCount',
      'supersededAppCount',
      'committedContentVersion',
      'size',
      'usedLicenseCount',
      'totalLicenseCount',
    ],
    managedAppPolicies: ['apps/id', 'apps/version'],
    targetedManagedAppConfigurations: ['apps/id', 'apps/version', 'settings/id'],
    assignmentFilters: ['payloads'],
    roleDefinitions: ['roleAssignments/id'],
    notificationMessageTemplates: ['localizedNotificationMessages/id'],
    policySets: ['status', 'errorCode', 'items/id', 'items/status', 'items/errorCode'],
  }).map(([type, fields]) => [type, new Set(fields)]),
);

/** Left out of remediations that Microsoft wrote. */
const OF_A_GLOBAL_SCRIPT: ReadonlySet<string> = new Set([
  'description',
  'publisher',
  'detectionScriptContent',
  'remediationScriptContent',
  'detectionScriptParameters',
  'remediationScriptParameters',
]);

/** Left out at every level. */
const ANYWHERE: ReadonlySet<string> = new Set([
  'createdDateTime',
  'lastModifiedDateTime',
  'modifiedDateTime',
  'lastSyncDateTime',
  'isEncrypted',
  'secretReferenceValueId',
  'encryptedValueToken',
]);

/** Left out of the objects in a field of that name. */
const INSIDE: ReadonlyMap<string, ReadonlySet<string>> = new Map([
  ['settings', new Set(['id'])],
  ['definitionValues', new Set(['id'])],
  ['presentationValues', new Set(['id'])],
  ['scheduledActionsForRule', new Set(['id'])],
  ['scheduledActionConfigurations', new Set(['id'])],
  ['templateReference', new Set(['templateDisplayName', 'templateDisplayVersion', 'templateFamily'])],
]);

const DEFINITIONS: ReadonlySet<string> = new Set(['definition', 'presentation']);
const ROWS_WITH_DEFINITIONS: ReadonlySet<string> = new Set(['definitionValues', 'presentationValues']);

/** Nested types that only repeat the declared type of their property. */
const DECLARED_TYPES: ReadonlySet<string> = new Set(
  [
    'deviceManagementConfigurationSetting',
    'deviceManagementConfigurationChoiceSettingValue',
    'deviceManagementConfigurationGroupSettingValue',
    'deviceManagementConfigurationSettingInstanceTemplateReference',
    'deviceManagementConfigurationSettingValueTemplateReference',
    'deviceManagementConfigurationPolicyTemplateReference',
    'deviceManagementConfigurationPolicyAssignment',
    'deviceConfigurationAssignment',
    'deviceCompliancePolicyAssignment',
    'deviceComplianceScheduledActionForRule',
    'deviceComplianceActionItem',
  ].map((name) => `#microsoft.graph.${name}`),
);

/** Whether a field is left out; `parent` is the field that holds its list or object, null for the policy itself. */
export function isIgnored(policyType: string, field: string, parent: string | null): boolean {
  if (ANYWHERE.has(field)) return true;
  if (OF_THE_SERVICE.get(policyType)?.has(parent === null ? field : `${parent}/${field}`)) return true;
  return parent === null ? OF_THE_POLICY.has(field) : (INSIDE.get(parent)?.has(field) ?? false);
}

/** Whether Microsoft sets a field, because Microsoft wrote the whole policy. */
export function isOfGlobalScript(raw: { readonly [field: string]: unknown }, field: string): boolean {
  return raw.isGlobalScript === true && OF_A_GLOBAL_SCRIPT.has(field);
}

/** Whether an object only repeats the definition of its row. */
export function isDefinition(field: string, parent: string | null): boolean {
  return parent !== null && ROWS_WITH_DEFINITIONS.has(parent) && DEFINITIONS.has(field);
}

/** Whether a field of this name declares a type of OData. */
export const isDeclaredType = (type: string): boolean => DECLARED_TYPES.has(type);
