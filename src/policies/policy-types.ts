/**
 * The catalogue of policy types: where Microsoft Graph keeps each, and what reading one whole takes. The names
 * are stable; they stand in scopes, events and findings.
 */

export interface PolicyType {
  /** Stable name, the last segment of its path. */
  readonly name: string;
  /** What people call it. */
  readonly label: string;
  /** Path of the collection below the API version, without a leading slash. */
  readonly path: string;
  readonly nameField: 'name' | 'displayName';
  /** Query of the listing, such as an `$expand` of what only a listing gives cheaply; empty for none. */
  readonly listQuery: string;
  /** The sub-resource that holds the policy's content besides its own fields, or null. */
  readonly content: PolicyContentResource | null;
  /** The listing leaves fields out (a script's text) that only the policy's own address answers. */
  readonly detailById: boolean;
}

export interface PolicyContentResource {
  readonly name: 'settings' | 'definitionValues';
  readonly query: string;
  /** The policy's own field that declares how many rows there are, or null. */
  readonly countField: 'settingCount' | null;
}

const CATALOG_SETTINGS: PolicyContentResource = {
  name: 'settings',
  // Graph's own page of settings is 25.
  query: '$top=1000',
  countField: 'settingCount',
};

function policyType(name: string, label: string, more: Partial<PolicyType> = {}): PolicyType {
  return Object.freeze({
    name,
    label,
    path: `deviceManagement/${name}`,
    nameField: 'displayName',
    listQuery: '',
    content: null,
    detailById: false,
    ...more,
  });
}

export const POLICY_TYPES: readonly PolicyType[] = Object.freeze([
  policyType('configurationPolicies', 'Settings catalog', { nameField: 'name', content: CATALOG_SETTINGS }),
  policyType('deviceConfigurations', 'Device configuration'),
  policyType('deviceCompliancePolicies', 'Compliance', {
    listQuery: '$expand=scheduledActionsForRule($expand=scheduledActionConfigurations)',
  }),
  policyType('compliancePolicies', 'Compliance (settings catalog)', {
    nameField: 'name',
    listQuery: '$expand=scheduledActionsForRule($expand=scheduledActionConfigurations)',
    content: CATALOG_SETTINGS,
  }),
  policyType('groupPolicyConfigurations', 'Administrative templates', {
    content: {
      name: 'definitionValues',
      query: '$expand=definition,presentationValues($expand=presentation)',
      countField: null,
    },
  }),
  policyType('intents', 'Endpoint security', {
    content: { name: 'settings', query: '', countField: null },
  }),
  policyType('windowsDriverUpdateProfiles', 'Driver updates'),
  policyType('windowsFeatureUpdateProfiles', 'Feature updates'),
  policyType('windowsQualityUpdateProfiles', 'Quality updates'),
  policyType('deviceManagementScripts', 'PowerShell scripts', { detailById: true }),
  policyType('deviceShellScripts', 'Shell scripts', { detailById: true }),
  policyType('deviceHealthScripts', 'Remediations', { detailById: true }),
  policyType('deviceEnrollmentConfigurations', 'Enrollment'),
  policyType('windowsAutopilotDeploymentProfiles', 'Autopilot profiles'),
]);

const BY_NAME: ReadonlyMap<string, PolicyType> = new Map(POLICY_TYPES.map((type) => [type.name, type]));

/** The policy type of that name, or undefined. */
export function policyTypeNamed(name: string): PolicyType | undefined {
  return BY_NAME.get(name);
}

/** The policy's name as Graph gives it, or an empty text. */
export function policyName(type: PolicyType, raw: { readonly [key: string]: unknown }): string {
  const name = raw[type.nameField];
  return typeof name === 'string' ? name : '';
}
