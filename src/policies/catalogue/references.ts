import type { ReferenceKind } from './policy-type.js';

/** Where the names of things of one kind are read by their ids. */
export interface ReferenceSource {
  /** Name of one such thing for people. */
  readonly word: string;
  /** Their collection below the API version, or null when names aren't read. */
  readonly path: string | null;
  /** The field that holds the name; `displayName` by default. */
  readonly nameField?: string;
}

/** Kinds of things that policies refer to. Names of people aren't read. */
export const REFERENCE_SOURCES: Readonly<Record<ReferenceKind, ReferenceSource>> = Object.freeze({
  group: { word: 'group', path: 'groups' },
  assignment_filter: { word: 'assignment filter', path: 'deviceManagement/assignmentFilters' },
  scope_tag: { word: 'scope tag', path: 'deviceManagement/roleScopeTags' },
  certificate: { word: 'certificate profile', path: 'deviceManagement/deviceConfigurations' },
  derived_credential: { word: 'derived credential', path: 'deviceManagement/derivedCredentials' },
  network_profile: { word: 'network profile', path: 'deviceManagement/deviceConfigurations' },
  notification_template: {
    word: 'notification template',
    path: 'deviceManagement/notificationMessageTemplates',
  },
  reusable_setting: { word: 'reusable setting', path: 'deviceManagement/reusablePolicySettings' },
  compliance_script: { word: 'compliance script', path: 'deviceManagement/deviceComplianceScripts' },
  app: { word: 'app', path: 'deviceAppManagement/mobileApps' },
  compliance_policy: { word: 'compliance policy', path: 'deviceManagement/deviceCompliancePolicies' },
  device_configuration: { word: 'device configuration', path: 'deviceManagement/deviceConfigurations' },
  catalog_policy: {
    word: 'settings catalog policy',
    path: 'deviceManagement/configurationPolicies',
    nameField: 'name',
  },
  device_script: { word: 'script', path: 'deviceManagement/deviceManagementScripts' },
  enrollment_configuration: {
    word: 'enrollment configuration',
    path: 'deviceManagement/deviceEnrollmentConfigurations',
  },
  autopilot_profile: {
    word: 'Autopilot profile',
    path: 'deviceManagement/windowsAutopilotDeploymentProfiles',
  },
  app_protection: { word: 'app protection policy', path: 'deviceAppManagement/managedAppPolicies' },
  app_configuration: {
    word: 'app configuration of devices',
    path: 'deviceAppManagement/mobileAppConfigurations',
  },
  managed_app_configuration: {
    word: 'app configuration of apps',
    path: 'deviceAppManagement/targetedManagedAppConfigurations',
  },
  policy_of_set: { word: 'other policy of the set', path: null },
  template: { word: 'template', path: 'deviceManagement/templates' },
  user: { word: 'user', path: null },
  directory_role: { word: 'directory role', path: 'roleManagement/directory/roleDefinitions' },
  application: { word: 'application', path: null },
  service_principal: { word: 'service principal', path: null },
  named_location: { word: 'named location', path: 'identity/conditionalAccess/namedLocations' },
  authentication_strength: {
    word: 'authentication strength',
    path: 'policies/authenticationStrengthPolicies',
  },
  terms_of_use: { word: 'terms-of-use agreement', path: 'identityGovernance/termsOfUse/agreements' },
});

/** The word for a kind with its article, such as “an app”. */
export function withArticle(kind: ReferenceKind): string {
  const { word } = REFERENCE_SOURCES[kind];
  return `${/^[aeio]/i.test(word) ? 'an' : 'a'} ${word}`;
}
