import type { GraphObject } from '../graph-value.js';

/** A generated entity, not yet in Graph's form. */
export interface DemoEntity {
  /** The name; the id is derived from it. */
  readonly name: string;
  /** Indices into the tenant's groups; left out where the type has no assignments. */
  readonly groups?: readonly number[];
  /** Indices of the groups that are given this role; left out where the entity is no role. */
  readonly members?: readonly number[];
  /** The name of another app that this one needs. */
  readonly needs?: string;
  /** Names of the apps that this policy set contains. */
  readonly contains?: readonly string[];
  readonly fields: GraphObject;
  /** Whether Graph answers an empty name. */
  readonly nameless?: true;
}

type Collection = readonly [path: string, entities: readonly DemoEntity[]];

const INTUNE = 'deviceManagement';
const APP_MANAGEMENT = 'deviceAppManagement';
const base64 = (text: string): string => Buffer.from(text).toString('base64');
const typed = (name: string, fields: GraphObject = {}): GraphObject => ({
  '@odata.type': `#microsoft.graph.${name}`,
  ...fields,
});

export const OTHER_SETTINGS: readonly Collection[] = [
  [
    `${INTUNE}/groupPolicyConfigurations`,
    [
      {
        name: 'Windows - OneDrive (administrative template)',
        groups: [0],
        fields: {
          policyConfigurationIngestionType: 'builtIn',
          definitionValues: [
            {
              id: 'dv1',
              enabled: true,
              configurationType: 'policy',
              definition: {
                id: '81c07ba0-7512-402d-b1f6-00856975cfab',
                displayName: 'Silently move Windows known folders to OneDrive',
                classType: 'machine',
                version: '1.0',
              },
              presentationValues: [],
            },
          ],
        },
      },
    ],
  ],
  [
    `${INTUNE}/intents`,
    [
      {
        name: 'Windows - Disk encryption (legacy)',
        groups: [0],
        fields: {
          templateId: 'd1174162-1dd2-4976-affc-6667049ab0ae',
          settings: [
            {
              '@odata.type': '#microsoft.graph.deviceManagementBooleanSettingInstance',
              id: 's1',
              definitionId:
                'deviceConfiguration--windows10EndpointProtectionConfiguration_bitLockerEncryptDevice',
              valueJson: 'true',
            },
          ],
        },
      },
    ],
  ],
  [
    `${INTUNE}/compliancePolicies`,
    [
      {
        name: 'Linux - Compliance',
        groups: [0],
        fields: {
          name: 'Linux - Compliance',
          platforms: 'linux',
          technologies: 'linuxMdm',
          settingCount: 1,
          settings: [
            {
              id: '0',
              settingInstance: {
                '@odata.type': '#microsoft.graph.deviceManagementConfigurationSimpleSettingInstance',
                settingDefinitionId: 'linux_passwordpolicy_minimumlength',
                simpleSettingValue: {
                  '@odata.type': '#microsoft.graph.deviceManagementConfigurationIntegerSettingValue',
                  value: 12,
                },
              },
            },
          ],
          scheduledActionsForRule: [],
        },
      },
    ],
  ],
];

export const UPDATES: readonly Collection[] = [
  [
    `${INTUNE}/windowsFeatureUpdateProfiles`,
    [
      {
        name: 'Feature updates - 24H2',
        groups: [0],
        fields: {
          featureUpdateVersion: 'Windows 11, version 24H2',
          endOfSupportDate: '2026-10-13T00:00:00Z',
          deployableContentDisplayName: 'Windows 11, version 24H2',
        },
      },
    ],
  ],
  [
    `${INTUNE}/windowsQualityUpdateProfiles`,
    [
      {
        name: 'Expedited quality updates',
        groups: [1],
        fields: {
          expeditedUpdateSettings: { qualityUpdateRelease: '2026-01-13T00:00:00Z', daysUntilForcedReboot: 2 },
          releaseDateDisplayName: '01/13/2026 - 2026.01 B',
        },
      },
    ],
  ],
];

/** Size of a very long script as it occurs in real tenants, in characters. */
const LONG_SCRIPT_LENGTH = 482_000;
const SHELL_SCRIPTS = 12;

export const SCRIPTS: readonly Collection[] = [
  [
    `${INTUNE}/deviceShellScripts`,
    Array.from({ length: SHELL_SCRIPTS }, (_, index) => ({
      name: `macOS - Script ${String(index + 1).padStart(2, '0')}`,
      groups: [0],
      fields: {
        fileName: `script-${index + 1}.sh`,
        runAsAccount: 'system',
        executionFrequency: 'PT0S',
        scriptContent: base64(`#!/bin/zsh\necho ${index + 1}\n`),
      },
    })),
  ],
  [
    `${INTUNE}/deviceHealthScripts`,
    [
      {
        name: 'Free disk space',
        groups: [0],
        fields: {
          publisher: 'IT',
          version: '1',
          isGlobalScript: false,
          runAsAccount: 'system',
          detectionScriptContent: base64('exit 0\n'),
          remediationScriptContent: base64('# '.padEnd(LONG_SCRIPT_LENGTH, 'x')),
        },
      },
    ],
  ],
  [
    `${INTUNE}/deviceComplianceScripts`,
    [
      {
        name: 'Compliance - BIOS version',
        fields: { publisher: 'IT', version: '1', detectionScriptContent: base64('@{ Bios = 1 }\n') },
      },
    ],
  ],
  [
    `${INTUNE}/deviceCustomAttributeShellScripts`,
    [
      {
        name: 'Battery health',
        groups: [0],
        fields: {
          customAttributeName: 'Battery',
          customAttributeType: 'string',
          fileName: 'battery.sh',
          scriptContent: base64('#!/bin/zsh\nioreg\n'),
        },
      },
    ],
  ],
];

export const ENROLLMENT: readonly Collection[] = [
  [
    `${INTUNE}/deviceEnrollmentConfigurations`,
    [
      {
        name: 'All users and all devices',
        groups: [],
        fields: typed('deviceEnrollmentLimitConfiguration', { priority: 0, limit: 5, version: 1 }),
      },
      {
        name: 'Enrollment status page',
        groups: [5],
        fields: typed('windows10EnrollmentCompletionPageConfiguration', {
          priority: 1,
          showInstallationProgress: true,
          installProgressTimeoutInMinutes: 60,
          selectedMobileAppIds: [],
          version: 1,
        }),
      },
    ],
  ],
  [
    `${INTUNE}/windowsAutopilotDeploymentProfiles`,
    [
      {
        name: 'Autopilot - User-driven',
        groups: [0],
        fields: typed('azureADWindowsAutopilotDeploymentProfile', {
          deviceNameTemplate: 'PC-%RAND:5%',
          outOfBoxExperienceSettings: { hidePrivacySettings: true, userType: 'standard' },
        }),
      },
      {
        name: 'Autopilot - without a name',
        nameless: true,
        groups: [],
        fields: typed('azureADWindowsAutopilotDeploymentProfile', { deviceNameTemplate: '' }),
      },
    ],
  ],
];

export const APPS: readonly Collection[] = [
  [
    `${APP_MANAGEMENT}/mobileApps`,
    [
      {
        name: 'Company Portal',
        groups: [0],
        fields: typed('winGetApp', { packageIdentifier: '9WZDNCRFJ3PZ', publishingState: 'published' }),
      },
      {
        name: 'Field service client',
        groups: [1],
        needs: 'Company Portal',
        fields: typed('win32LobApp', {
          setupFilePath: 'setup.exe',
          installCommandLine: 'setup.exe /quiet',
          publishingState: 'published',
          categories: [{ id: 'ed899483-3019-425e-a470-28e901b9790e', displayName: 'Productivity' }],
        }),
      },
      {
        name: 'Microsoft Edge',
        fields: typed('managedIOSStoreApp', { appAvailability: 'global', isAssigned: false }),
      },
    ],
  ],
  [
    `${APP_MANAGEMENT}/mobileAppConfigurations`,
    [
      {
        name: 'Outlook on managed devices',
        groups: [5],
        fields: typed('iosMobileAppConfiguration', {
          targetedMobileApps: [],
          settings: [
            {
              appConfigKey: 'IntuneMAMUPN',
              appConfigKeyType: 'stringType',
              appConfigKeyValue: '{{userprincipalname}}',
            },
          ],
          version: 1,
        }),
      },
    ],
  ],
  [
    `${APP_MANAGEMENT}/managedAppPolicies`,
    [
      {
        name: 'iOS - App protection',
        groups: [5],
        fields: typed('iosManagedAppProtection', {
          pinRequired: true,
          minimumPinLength: 6,
          periodOfflineBeforeWipeIsEnforced: 'P90D',
          deployedAppCount: 1,
          apps: [
            { id: 'com.microsoft.outlook.ios', mobileAppIdentifier: { bundleId: 'com.microsoft.outlook' } },
          ],
        }),
      },
    ],
  ],
  [
    `${APP_MANAGEMENT}/targetedManagedAppConfigurations`,
    [
      {
        name: 'Edge - Managed settings',
        groups: [5],
        fields: {
          customSettings: [
            { name: 'com.microsoft.intune.mam.managedbrowser.homepage', value: 'https://intranet' },
          ],
          settings: [],
          apps: [],
          deployedAppCount: 0,
        },
      },
    ],
  ],
];

const LOCALE_TEXT = { subject: 'Please update your device', messageTemplate: 'It is out of date.' };

export const TENANT_WIDE: readonly Collection[] = [
  [
    `${INTUNE}/reusablePolicySettings`,
    [
      {
        name: 'Printers',
        fields: {
          settingDefinitionId:
            'device_vendor_msft_defender_configuration_devicecontrol_policygroups_{groupid}',
          settingInstance: {
            '@odata.type': '#microsoft.graph.deviceManagementConfigurationGroupSettingCollectionInstance',
            settingDefinitionId:
              'device_vendor_msft_defender_configuration_devicecontrol_policygroups_{groupid}',
            groupSettingCollectionValue: [],
          },
          referencingConfigurationPolicyCount: 0,
          version: 1,
        },
      },
    ],
  ],
  [
    `${INTUNE}/roleDefinitions`,
    [
      {
        name: 'Policy and Profile manager',
        fields: typed('deviceAndAppManagementRoleDefinition', { isBuiltIn: true, rolePermissions: [] }),
        members: [2],
      },
      {
        name: 'Field support',
        fields: typed('deviceAndAppManagementRoleDefinition', {
          isBuiltIn: false,
          rolePermissions: [
            { resourceActions: [{ allowedResourceActions: ['Microsoft.Intune_RemoteTasks_Wipe'] }] },
          ],
        }),
        members: [1],
      },
    ],
  ],
  [
    `${INTUNE}/notificationMessageTemplates`,
    [
      {
        name: 'Device out of date',
        fields: {
          defaultLocale: 'en-us',
          brandingOptions: 'includeCompanyLogo',
          localizedNotificationMessages: [
            { id: 'en', locale: 'en-us', isDefault: true, ...LOCALE_TEXT },
            { id: 'de', locale: 'de-de', isDefault: false, ...LOCALE_TEXT },
          ],
        },
      },
      { name: 'A template without texts', fields: { defaultLocale: 'en-us', brandingOptions: 'none' } },
    ],
  ],
  [
    `${APP_MANAGEMENT}/policySets`,
    [
      {
        name: 'Starter set',
        groups: [1],
        contains: ['Company Portal', 'Field service client'],
        fields: { status: 'notValidated', errorCode: 'noError' },
      },
    ],
  ],
  [
    'identity/conditionalAccess/policies',
    [
      {
        name: 'CA001 - Require multifactor authentication for administrators',
        fields: {
          state: 'enabledForReportingButNotEnforced',
          conditions: {
            users: { includeUsers: [], includeRoles: ['62e90394-69f5-4237-9190-012177145e10'] },
            applications: { includeApplications: ['All'] },
            clientAppTypes: ['all'],
          },
          grantControls: { operator: 'OR', builtInControls: ['mfa'] },
          sessionControls: null,
        },
      },
    ],
  ],
];
