import { type PolicyType, policyType } from './policy-type.js';

const permission = 'DeviceManagementServiceConfig.Read.All';

/** How devices come into the tenant. */
export const ENROLLMENT_TYPES: readonly PolicyType[] = [
  policyType({
    name: 'deviceEnrollmentConfigurations',
    label: 'Enrollment',
    permission,
    orderedLists: ['selectedMobileAppIds'],
    refersTo: [{ kind: 'app', at: 'selectedMobileAppIds/*' }],
  }),
  policyType({ name: 'windowsAutopilotDeploymentProfiles', label: 'Autopilot profiles', permission }),
];
