import type { GraphObject } from '../graph-value.js';
import { demoLinkedProfiles } from './demo-catalogue.js';
import type { DemoModel } from './demo-model.js';
import type { demoOddities } from './demo-oddities.js';
import type { DemoContext } from './demo-tenant.js';

const RINGS = ['Pilot', 'Early', 'Production'];
const COMPLIANCE = ['Device health', 'Device security', 'Operating system', 'Password'];

/** The generated policies outside the settings catalog, by collection. */
export function demoClassicPolicies(
  context: DemoContext,
  model: DemoModel,
  oddities: Pick<ReturnType<typeof demoOddities>, 'compliancePolicies'>,
): readonly (readonly [string, readonly GraphObject[]])[] {
  return [
    [
      'deviceManagement/deviceConfigurations',
      [
        ...RINGS.map((_, ring) => updateRing(context, model, ring)),
        customProfile(context),
        ...demoLinkedProfiles(context),
      ],
    ],
    [
      'deviceManagement/deviceCompliancePolicies',
      [
        ...COMPLIANCE.map((name, index) => compliancePolicy(context, model, name, index)),
        ...oddities.compliancePolicies,
      ],
    ],
    ['deviceManagement/windowsDriverUpdateProfiles', RINGS.map((_, ring) => driverProfile(context, ring))],
    ['deviceManagement/deviceManagementScripts', [script(context)]],
  ];
}

function common(
  context: DemoContext,
  what: string,
  displayName: string,
  groups: readonly number[],
): GraphObject {
  const id = context.id(what);
  return {
    id,
    displayName,
    description: '',
    createdDateTime: context.time(0),
    lastModifiedDateTime: context.time(0),
    roleScopeTagIds: ['0'],
    assignments: context.assignments(id, groups),
  };
}

function updateRing(context: DemoContext, model: DemoModel, ring: number): GraphObject {
  return {
    '@odata.type': '#microsoft.graph.windowsUpdateForBusinessConfiguration',
    ...common(context, `ring ${ring}`, `Windows Update - Ring ${ring + 1} - ${RINGS[ring]}`, [ring]),
    version: 1,
    supportsScopeTags: true,
    automaticUpdateMode: 'windowsDefault',
    driversExcluded: false,
    qualityUpdatesDeferralPeriodInDays: model.deferralDays[ring] ?? 0,
    featureUpdatesDeferralPeriodInDays: ring * 30,
    deadlineForQualityUpdatesInDays: ring + 1,
    deadlineGracePeriodInDays: 1,
    qualityUpdatesPaused: false,
    featureUpdatesPaused: false,
  };
}

/** A custom profile with a secret, which Graph answers masked. */
function customProfile(context: DemoContext): GraphObject {
  return {
    '@odata.type': '#microsoft.graph.windows10CustomConfiguration',
    ...common(context, 'custom profile', 'Windows - Custom - Wi-Fi fallback', [0]),
    version: 1,
    omaSettings: [
      {
        '@odata.type': '#microsoft.graph.omaSettingInteger',
        displayName: 'Fallback order',
        description: null,
        omaUri: './Device/Vendor/MSFT/Policy/Config/Wifi/AllowManualWiFiConfiguration',
        secretReferenceValueId: null,
        isEncrypted: false,
        value: 1,
      },
      {
        '@odata.type': '#microsoft.graph.omaSettingString',
        displayName: 'Fallback network',
        description: null,
        omaUri: './Vendor/MSFT/WiFi/Profile/fallback/WlanXml',
        secretReferenceValueId: context.id('custom profile secret'),
        isEncrypted: true,
        value: '****',
      },
    ],
  };
}

function compliancePolicy(context: DemoContext, model: DemoModel, name: string, index: number): GraphObject {
  const id = context.id(`compliance ${index}`);
  return {
    '@odata.type': '#microsoft.graph.windows10CompliancePolicy',
    ...common(context, `compliance ${index}`, `Windows - Compliance - ${name}`, [5]),
    version: 1,
    passwordRequired: index === 3,
    passwordMinimumLength: index === 3 ? 10 : null,
    secureBootEnabled: index === 0,
    bitLockerEnabled: index === 0,
    defenderEnabled: index === 1,
    osMinimumVersion: index === 2 ? `10.0.${model.minimumOsBuild}.0` : null,
    validOperatingSystemBuildRanges: [],
    scheduledActionsForRule: [
      {
        id,
        ruleName: 'PasswordRequired',
        scheduledActionConfigurations: [
          {
            id: context.id(`compliance ${index} block`),
            gracePeriodHours: 24,
            actionType: 'block',
            notificationTemplateId: '00000000-0000-0000-0000-000000000000',
            notificationMessageCCList: [],
          },
        ],
      },
    ],
  };
}

function driverProfile(context: DemoContext, ring: number): GraphObject {
  return {
    ...common(context, `drivers ${ring}`, `Drivers - Ring ${ring + 1} - ${RINGS[ring]}`, [ring]),
    approvalType: ring === 2 ? 'manual' : 'automatic',
    deploymentDeferralInDays: ring === 2 ? null : ring * 5,
    deviceReporting: null,
    newUpdates: 0,
    inventorySyncStatus: null,
    driverInventories: drivers(context, ring),
  };
}

/** Drivers that Windows Update lists for the devices of a ring, with the decisions that people made in it. */
function drivers(context: DemoContext, ring: number): GraphObject[] {
  return DRIVERS.map(({ decided, ...driver }, index) => ({
    id: context.id(`driver ${ring} ${index}`),
    ...driver,
    releaseDateTime: '2025-11-04T00:00:00Z',
    applicableDeviceCount: 40 * (ring + 1) + index,
    approvalStatus: decided[ring] ?? 'needsReview',
    deployDateTime: decided[ring] === 'approved' ? '2026-01-06T00:00:00Z' : null,
  }));
}

/** By ring, in the order of the rings; a driver without a decision waits for review. */
const DRIVERS: readonly (GraphObject & { readonly decided: readonly string[] })[] = [
  {
    name: 'Intel Corporation Display Driver Update',
    version: '31.0.101.5590',
    manufacturer: 'Intel Corporation',
    driverClass: 'Display',
    category: 'recommended',
    decided: ['approved', 'approved', 'approved'],
  },
  {
    name: 'Realtek Semiconductor Corp. MEDIA Driver Update',
    version: '6.0.9661.1',
    manufacturer: 'Realtek Semiconductor Corp.',
    driverClass: 'MEDIA',
    category: 'other',
    decided: ['approved', 'suspended', 'declined'],
  },
  {
    name: 'Lenovo Firmware Update',
    version: '1.32.0.0',
    manufacturer: 'Lenovo Ltd.',
    driverClass: 'Firmware',
    category: 'recommended',
    decided: [],
  },
];

function script(context: DemoContext): GraphObject {
  const text = 'Set-TimeZone -Id "W. Europe Standard Time"\n';
  return {
    ...common(context, 'script', 'Windows - Set the time zone', [0]),
    fileName: 'set-time-zone.ps1',
    runAsAccount: 'system',
    enforceSignatureCheck: true,
    runAs32Bit: false,
    scriptContent: Buffer.from(text).toString('base64'),
  };
}
