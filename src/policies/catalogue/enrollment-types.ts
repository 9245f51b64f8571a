import { type PolicyType, policyType } from './policy-type.js';
import { assigned } from './policy-writing.js';

const permission = 'DeviceManagementServiceConfig.Read.All';

/** Enrollment of devices. */
export const ENROLLMENT_TYPES: readonly PolicyType[] = [
  policyType({
    name: 'deviceEnrollmentConfigurations',
    label: 'Enrollment',
    permission,
    orderedLists: ['selectedMobileAppIds'],
    refersTo: [
      { kind: 'app', at: 'selectedMobileAppIds/*' },
      // Intune makes a new template where the id has only zeros.
      { kind: 'notification_template', at: 'notificationTemplates/*', prefix: /^(?:email|push)_/i },
    ],
    writing: {
      typed: true,
      // Setting a priority moves all other configurations of the same kind.
      readOnly: ['priority'],
      computed: ['deviceEnrollmentConfigurationType'],
      // Graph treats an exclusion here as an inclusion.
      assign: assigned('enrollmentConfigurationAssignments', false),
      provided: {
        what: 'the tenant’s default, which applies to everybody',
        is: ({ id }) => typeof id === 'string' && /_Default/i.test(id),
        takes: 'update',
      },
    },
  }),
  policyType({
    name: 'windowsAutopilotDeploymentProfiles',
    label: 'Autopilot profiles',
    permission,
    writing: {
      typed: true,
      fixed: ['managementServiceAppId'],
      assign: { kind: 'rows', exclusions: true },
      uniqueNames: true,
      refusedInNames: /[^\p{L}\p{N} ]/gu,
    },
  }),
];
