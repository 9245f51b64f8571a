import type { JsonObject } from '../../ledger/canonical-json.js';
import { child, type PolicyType, policyType, type RowDecisions } from './policy-type.js';

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

/**
 * Windows Update lists the drivers that the devices of a profile could take. People approve, decline or pause them one
 * by one. A profile of automatic approval approves what Microsoft recommends by itself, so there only the approval of
 * a driver that was never recommended is a person's.
 */
const DRIVER_DECISIONS: RowDecisions = {
  what: 'which drivers people approved, declined or paused, and from when an approved one is offered',
  listedByService: true,
  labelOf: () => null,
  keyOf({ manufacturer, name, version }) {
    const [maker, driver, number] = [manufacturer, name, version].map((part) => String(part ?? ''));
    // Most names begin with the manufacturer.
    const shown = [driver?.startsWith(maker ?? '') ? '' : maker, driver, number];
    return shown.filter((part) => part !== '').join(' ');
  },
  of({ approvalStatus, category, deployDateTime }: JsonObject, { approvalType }: JsonObject) {
    if (approvalStatus === 'declined') return { approvalStatus };
    const isPersons = approvalType !== 'automatic' || category === 'other' || approvalStatus !== 'approved';
    const isOffered = approvalStatus === 'approved' || approvalStatus === 'suspended';
    return isPersons && isOffered ? { approvalStatus, deployDateTime: deployDateTime ?? null } : null;
  },
};

/** Updates of Windows. */
export const UPDATE_TYPES: readonly PolicyType[] = [
  policyType({
    name: 'windowsDriverUpdateProfiles',
    label: 'Driver updates',
    permission,
    licence,
    serviceFields,
    children: [child('driverInventories', { optional: true, decisions: DRIVER_DECISIONS })],
    // A driver can be approved only where Windows Update lists it for the tenant's devices.
    writing: { fixed: ['approvalType'], readOnly: ['driverInventories'] },
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
