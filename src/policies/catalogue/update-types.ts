import { type PolicyType, policyType } from './policy-type.js';

const permission = 'DeviceManagementConfiguration.Read.All';
const licence = 'Windows Enterprise E3, Education A3 or Microsoft 365 Business Premium (Windows Autopatch)';

/** States of Windows Update, and Microsoft's names and dates of a release; another field holds the chosen release. */
const serviceFields = [
  'deviceReporting',
  'newUpdates',
  'inventorySyncStatus',
  'deployableContentDisplayName',
  'releaseDateDisplayName',
  'endOfSupportDate',
];

/** Updates of Windows. */
export const UPDATE_TYPES: readonly PolicyType[] = [
  policyType({
    name: 'windowsDriverUpdateProfiles',
    label: 'Driver updates',
    permission,
    licence,
    serviceFields,
    writing: { fixed: ['approvalType'] },
  }),
  policyType({
    name: 'windowsFeatureUpdateProfiles',
    label: 'Feature updates',
    permission,
    licence,
    serviceFields,
    writing: { datesAhead: ['rolloutSettings'] },
  }),
  policyType({
    name: 'windowsQualityUpdateProfiles',
    label: 'Quality updates',
    permission,
    licence,
    serviceFields,
  }),
];
