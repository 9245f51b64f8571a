import type { ReferenceKind, ReferencePlace } from './policy-type.js';

/** What the items of policy sets lead to, by the item's derived type without `PolicySetItem`. */
const MEMBERS: Readonly<Record<string, ReferenceKind>> = {
  mobileApp: 'app',
  deviceCompliancePolicy: 'compliance_policy',
  deviceConfiguration: 'device_configuration',
  deviceManagementConfigurationPolicy: 'catalog_policy',
  deviceManagementScript: 'device_script',
  enrollmentRestrictionsConfiguration: 'enrollment_configuration',
  windows10EnrollmentCompletionPageConfiguration: 'enrollment_configuration',
  windowsAutopilotDeploymentProfile: 'autopilot_profile',
  managedAppProtection: 'app_protection',
  managedDeviceMobileAppConfiguration: 'app_configuration',
  targetedManagedAppConfiguration: 'managed_app_configuration',
};

const itemType = (member: string): string => `#microsoft.graph.${member}PolicySetItem`;

/** The places of a policy set's members. Members of types that aren't read, such as provisioning profiles, come last. */
export const SET_MEMBERS: readonly ReferencePlace[] = [
  ...Object.entries(MEMBERS).map(([member, kind]) => ({
    kind,
    at: `items/**${itemType(member)}/payloadId`,
  })),
  {
    kind: 'policy_of_set',
    at: 'items/*/payloadId',
    except: new Set(Object.keys(MEMBERS).map(itemType)),
  },
];
