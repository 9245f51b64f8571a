import { type PolicyType, policyType } from './policy-type.js';

const permission = 'DeviceManagementServiceConfig.Read.All';

/** Enrollment of devices. */
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
