import { child, ownAddress, type PolicyType, policyType, type RowDecisions } from './policy-type.js';
import { byAction } from './policy-writing.js';

const permission = 'DeviceManagementApps.Read.All';
const WITH_APPS = '$expand=apps,assignments';

const protection = (collection: string, query = WITH_APPS) => ({
  path: `deviceAppManagement/${collection}`,
  query,
});

/** Counts and states of an app that Intune maintains. */
const APP_STATES = [
  'uploadState',
  'publishingState',
  'dependentAppCount',
  'supersedingAppCount',
  'supersededAppCount',
  'size',
  'usedLicenseCount',
  'totalLicenseCount',
  'revokeLicenseActionResults',
];

/** Counts that are not 0 where an app needs or replaces another one, or the other way round. */
const RELATIONSHIP_COUNTS = ['dependentAppCount', 'supersedingAppCount', 'supersededAppCount'];

/** Graph lists a relationship at both apps; it is set at the one whose target is the child. */
const APP_RELATIONSHIPS: RowDecisions = {
  what: 'which other apps it needs or replaces',
  listedByService: false,
  keyOf: ({ targetId }) => String(targetId ?? '').toLowerCase(),
  labelOf: ({ targetDisplayName }) => (typeof targetDisplayName === 'string' ? targetDisplayName : null),
  of({ targetType, dependencyType, supersedenceType, ...row }) {
    if (targetType === 'parent') return null;
    const kind = row['@odata.type'] ?? null;
    return {
      '@odata.type': kind,
      ...(dependencyType === undefined ? {} : { dependencyType }),
      ...(supersedenceType === undefined ? {} : { supersedenceType }),
    };
  },
};

/** The apps that a policy concerns. */
const APPS = byAction('apps', 'targetApps', 'apps', { beside: ['appGroupType'] });

/** Apps, app configurations and app protection policies. */
export const APP_TYPES: readonly PolicyType[] = [
  policyType({
    name: 'mobileApps',
    label: 'Apps',
    permission,
    path: 'deviceAppManagement/mobileApps',
    // The listing names the default scope tag for every app.
    ownAddress: ownAddress(['roleScopeTagIds', 'largeIcon'], { query: '$expand=categories' }),
    children: [
      child('categories', { expanded: true }),
      child('relationships', {
        isNeeded: (row) => RELATIONSHIP_COUNTS.some((field) => Number(row[field] ?? 0) > 0),
        optional: true,
        decisions: APP_RELATIONSHIPS,
      }),
    ],
    // Every tenant lists some hundred apps that Microsoft offers.
    leftOut: {
      what: 'apps that Microsoft offers everywhere and nobody has assigned',
      is: ({ appAvailability, isAssigned }) => appAvailability === 'global' && isAssigned !== true,
    },
    serviceFields: [...APP_STATES, 'categories/id'],
    notWritable: 'the content of an app can’t be read, so it can’t be written again',
  }),
  policyType({
    name: 'mobileAppConfigurations',
    label: 'App configuration (devices)',
    permission,
    path: 'deviceAppManagement/mobileAppConfigurations',
    secretFields: ['encodedSettingXml', 'payloadJson'],
    refersTo: [{ kind: 'app', at: 'targetedMobileApps/*' }],
    writing: {
      typed: true,
      computed: ['appSupportsOemConfig'],
      fixed: ['targetedMobileApps', 'packageId', 'profileApplicability'],
    },
  }),
  policyType({
    name: 'managedAppPolicies',
    label: 'App protection',
    permission,
    path: 'deviceAppManagement/managedAppPolicies',
    assignments: 'own_address',
    ownAddress: ownAddress(['apps', 'assignments'], {
      collections: {
        iosManagedAppProtection: protection('iosManagedAppProtections'),
        androidManagedAppProtection: protection('androidManagedAppProtections'),
        windowsManagedAppProtection: protection('windowsManagedAppProtections'),
        defaultManagedAppProtection: protection('defaultManagedAppProtections', '$expand=apps'),
        mdmWindowsInformationProtectionPolicy: protection(
          'mdmWindowsInformationProtectionPolicies',
          '$expand=protectedAppLockerFiles,exemptAppLockerFiles,assignments',
        ),
        windowsInformationProtectionPolicy: protection(
          'windowsInformationProtectionPolicies',
          '$expand=protectedAppLockerFiles,exemptAppLockerFiles,assignments',
        ),
      },
    }),
    leftOut: {
      what: 'app configurations, which are a type of their own',
      is: (row) => row['@odata.type'] === '#microsoft.graph.targetedManagedAppConfiguration',
    },
    serviceFields: ['apps/id', 'apps/version'],
    writing: {
      typed: true,
      readOnly: ['protectedAppLockerFiles', 'exemptAppLockerFiles'],
      parts: [APPS],
      versioned: true,
    },
  }),
  policyType({
    name: 'targetedManagedAppConfigurations',
    label: 'App configuration (apps)',
    permission,
    path: 'deviceAppManagement/targetedManagedAppConfigurations',
    assignments: 'own_address',
    ownAddress: ownAddress(['apps', 'settings', 'assignments'], {
      query: '$expand=apps,settings,assignments',
    }),
    serviceFields: ['apps/id', 'apps/version', 'settings/id'],
    writing: { parts: [APPS, byAction('settings', 'changeSettings')], versioned: true },
  }),
];
