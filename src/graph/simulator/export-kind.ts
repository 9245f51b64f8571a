import { collectionAt, FILTERS_PATH, GROUPS_PATH, SCOPE_TAGS_PATH } from './collections.js';
import { type GraphObject, textOf } from './graph-value.js';

/**
 * Finds the collection of an exported object: by an `@odata.type` that only one has, else by its `@odata.context`,
 * else by the form of its `@odata.type`, else by the names of its folders, which IntuneManagement and IntuneCD choose.
 */

const BY_TYPE: ReadonlyMap<string, string> = new Map(
  Object.entries({
    deviceManagementConfigurationPolicy: 'deviceManagement/configurationPolicies',
    deviceManagementCompliancePolicy: 'deviceManagement/compliancePolicies',
    groupPolicyConfiguration: 'deviceManagement/groupPolicyConfigurations',
    deviceManagementIntent: 'deviceManagement/intents',
    windowsDriverUpdateProfile: 'deviceManagement/windowsDriverUpdateProfiles',
    windowsFeatureUpdateProfile: 'deviceManagement/windowsFeatureUpdateProfiles',
    windowsQualityUpdateProfile: 'deviceManagement/windowsQualityUpdateProfiles',
    deviceManagementScript: 'deviceManagement/deviceManagementScripts',
    deviceShellScript: 'deviceManagement/deviceShellScripts',
    deviceHealthScript: 'deviceManagement/deviceHealthScripts',
    deviceComplianceScript: 'deviceManagement/deviceComplianceScripts',
    deviceCustomAttributeShellScript: 'deviceManagement/deviceCustomAttributeShellScripts',
    deviceManagementReusablePolicySetting: 'deviceManagement/reusablePolicySettings',
    notificationMessageTemplate: 'deviceManagement/notificationMessageTemplates',
    roleDefinition: 'deviceManagement/roleDefinitions',
    deviceAndAppManagementRoleDefinition: 'deviceManagement/roleDefinitions',
    policySet: 'deviceAppManagement/policySets',
    targetedManagedAppConfiguration: 'deviceAppManagement/targetedManagedAppConfigurations',
    conditionalAccessPolicy: 'identity/conditionalAccess/policies',
    deviceAndAppManagementAssignmentFilter: FILTERS_PATH,
    roleScopeTag: SCOPE_TAGS_PATH,
    group: GROUPS_PATH,
  }),
);

/** In this order, because names of app and enrollment configurations end like those of device configurations. */
const BY_TYPE_PATTERN: readonly (readonly [RegExp, string | null])[] = [
  [
    /MobileAppConfiguration$|ManagedStoreAppConfiguration$|^androidForWorkMobileApp/i,
    'deviceAppManagement/mobileAppConfigurations',
  ],
  [/ManagedAppProtection$|InformationProtectionPolicy$/i, 'deviceAppManagement/managedAppPolicies'],
  [/AppConfiguration$|AppProtection$|ManagedAppPolicy$/i, null],
  [/(App|AppX|MSI|winGetApp|webClip|officeSuiteApp)$/, 'deviceAppManagement/mobileApps'],
  [/AutopilotDeploymentProfile$/, 'deviceManagement/windowsAutopilotDeploymentProfiles'],
  [
    /^deviceEnrollment|^windows10EnrollmentCompletionPage|^deviceComanagementAuthority/,
    'deviceManagement/deviceEnrollmentConfigurations',
  ],
  [/CompliancePolicy$/, 'deviceManagement/deviceCompliancePolicies'],
  [/Configuration$|Profile(Base)?$|TrustedRootCertificate$/, 'deviceManagement/deviceConfigurations'],
];

const BY_FOLDER: ReadonlyMap<string, string> = new Map(
  Object.entries({
    settingscatalog: 'deviceManagement/configurationPolicies',
    configurationpolicies: 'deviceManagement/configurationPolicies',
    deviceconfiguration: 'deviceManagement/deviceConfigurations',
    deviceconfigurations: 'deviceManagement/deviceConfigurations',
    compliancepolicies: 'deviceManagement/deviceCompliancePolicies',
    devicecompliancepolicies: 'deviceManagement/deviceCompliancePolicies',
    updatepolicies: 'deviceManagement/deviceConfigurations',
    driverupdateprofiles: 'deviceManagement/windowsDriverUpdateProfiles',
    driverupdates: 'deviceManagement/windowsDriverUpdateProfiles',
    featureupdates: 'deviceManagement/windowsFeatureUpdateProfiles',
    qualityupdates: 'deviceManagement/windowsQualityUpdateProfiles',
    administrativetemplates: 'deviceManagement/groupPolicyConfigurations',
    grouppolicyconfigurations: 'deviceManagement/groupPolicyConfigurations',
    endpointsecurity: 'deviceManagement/intents',
    managementintents: 'deviceManagement/intents',
    compliancescripts: 'deviceManagement/deviceComplianceScripts',
    customattributes: 'deviceManagement/deviceCustomAttributeShellScripts',
    reusablesettings: 'deviceManagement/reusablePolicySettings',
    notifications: 'deviceManagement/notificationMessageTemplates',
    notificationtemplates: 'deviceManagement/notificationMessageTemplates',
    roledefinitions: 'deviceManagement/roleDefinitions',
    roles: 'deviceManagement/roleDefinitions',
    policysets: 'deviceAppManagement/policySets',
    applications: 'deviceAppManagement/mobileApps',
    appprotection: 'deviceAppManagement/managedAppPolicies',
    appconfigurationmanageddevice: 'deviceAppManagement/mobileAppConfigurations',
    appconfigurationmanagedapp: 'deviceAppManagement/targetedManagedAppConfigurations',
    conditionalaccess: 'identity/conditionalAccess/policies',
    powershellscripts: 'deviceManagement/deviceManagementScripts',
    powershell: 'deviceManagement/deviceManagementScripts',
    shellscripts: 'deviceManagement/deviceShellScripts',
    macosscripts: 'deviceManagement/deviceShellScripts',
    healthscripts: 'deviceManagement/deviceHealthScripts',
    proactiveremediations: 'deviceManagement/deviceHealthScripts',
    autopilot: 'deviceManagement/windowsAutopilotDeploymentProfiles',
    assignmentfilters: FILTERS_PATH,
    filters: FILTERS_PATH,
    scopetags: SCOPE_TAGS_PATH,
    rolescopetags: SCOPE_TAGS_PATH,
    groups: GROUPS_PATH,
  }),
);

/** The context of an export, such as `…/$metadata#deviceManagement/intents(assignments())/$entity`. */
const CONTEXT =
  /\$metadata#((?:(?:deviceManagement|deviceAppManagement|identity\/conditionalAccess)\/)?[A-Za-z]+)/;

export type ExportKind = { readonly path: string } | { readonly problem: string };

/** The collection of an exported object in `folders` (outermost first), or the reason why there is none. */
export function exportKind(entity: GraphObject, folders: readonly string[]): ExportKind {
  const type = entity['@odata.type'];
  if (type !== undefined && typeof type !== 'string')
    return { problem: 'has an @odata.type that is no text' };
  const name = type?.replace(/^#?microsoft\.graph\./, '');
  const exact = name && BY_TYPE.get(name);
  if (exact) return { path: exact };

  // The context names the collection that Graph answered from; a derived type often only suggests it.
  const context = CONTEXT.exec(textOf(entity, '@odata.context') ?? '')?.[1];
  const collection = context && collectionAt(context);
  if (collection) return { path: collection.storedIn };
  if (name !== undefined) return kindByTypeName(name);

  for (const folder of folders.toReversed()) {
    const path = BY_FOLDER.get(folder.toLowerCase().replace(/[^a-z]/g, ''));
    if (path) return { path };
  }
  return { problem: 'says neither by type nor by folder what kind of policy it is' };
}

function kindByTypeName(name: string): ExportKind {
  const matched = BY_TYPE_PATTERN.find(([pattern]) => pattern.test(name));
  if (matched?.[1]) return { path: matched[1] };
  return { problem: `is of type ${name.slice(0, 100)}, which this simulator doesn't serve` };
}
