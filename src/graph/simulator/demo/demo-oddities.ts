import type { GraphObject } from '../graph-value.js';
import type { DemoContext } from './demo-tenant.js';

/** Separates the accounts of a user right in Windows settings; fonts show nothing for this character. */
const USER_RIGHTS_SEPARATOR = '\uF000';
const LONG_NAME_LENGTH = 250;
const DEFINITION = 'device_vendor_msft_policy_config_userrights_allowlocallogon';

/** Policies with oddities that are typical of tenants in which many people have worked for years. */
export function demoOddities(context: DemoContext): {
  readonly catalogPolicies: readonly GraphObject[];
  readonly compliancePolicies: readonly GraphObject[];
} {
  const longName = 'Windows - Baseline - copied from the old tenant, do not delete - '.padEnd(
    LONG_NAME_LENGTH,
    'x',
  );
  return {
    catalogPolicies: [
      catalogPolicy(context, 'twin 1', 'Windows - User rights'),
      catalogPolicy(context, 'twin 2', 'Windows - User rights'),
      catalogPolicy(context, 'long name', longName),
    ],
    compliancePolicies: [
      {
        '@odata.type': '#microsoft.graph.iosCompliancePolicy',
        ...common(context, 'compliance without actions'),
        displayName: 'iOS - Compliance without actions',
        roleScopeTagIds: ['0'],
        version: 1,
        passcodeRequired: true,
        assignments: [],
      },
    ],
  };
}

function common(context: DemoContext, what: string): GraphObject {
  const createdDateTime = context.time(0);
  return { id: context.id(what), description: null, createdDateTime, lastModifiedDateTime: createdDateTime };
}

function catalogPolicy(context: DemoContext, what: string, name: string): GraphObject {
  return {
    ...common(context, what),
    name,
    platforms: 'windows10',
    technologies: 'mdm',
    roleScopeTagIds: ['0'],
    settingCount: 1,
    templateReference: { templateId: '', templateFamily: 'none' },
    settings: [
      {
        id: '0',
        settingInstance: {
          '@odata.type': '#microsoft.graph.deviceManagementConfigurationSimpleSettingInstance',
          settingDefinitionId: DEFINITION,
          simpleSettingValue: {
            '@odata.type': '#microsoft.graph.deviceManagementConfigurationStringSettingValue',
            value: ['*S-1-5-32-544', '*S-1-5-32-545'].join(USER_RIGHTS_SEPARATOR),
          },
        },
      },
    ],
    assignments: [],
  };
}
