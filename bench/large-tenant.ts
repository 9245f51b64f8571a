import type { GraphObject } from '../src/graph/simulator/graph-value.js';
import type { GraphContent } from '../src/graph/simulator/tenant-state.js';
import { policyTypeNamed } from '../src/policies/catalogue/policy-types.js';

/** The page size of Graph's listings. */
const PAGE = 100;
/** Setting rows of a policy whose settings have their own address. */
const ROWS = 20;
/** Groups that the policies are assigned to. */
const GROUPS = 60;

/**
 * 5,000 policies in 12 types. `reads` is the least number of requests for one policy besides the listing.
 */
const POLICIES: readonly { readonly type: string; readonly policies: number; readonly reads: number }[] = [
  { type: 'configurationPolicies', policies: 1500, reads: 2 },
  { type: 'deviceConfigurations', policies: 900, reads: 0 },
  { type: 'deviceCompliancePolicies', policies: 300, reads: 0 },
  { type: 'groupPolicyConfigurations', policies: 400, reads: 1 },
  { type: 'intents', policies: 200, reads: 1 },
  { type: 'windowsDriverUpdateProfiles', policies: 300, reads: 1 },
  { type: 'deviceManagementScripts', policies: 200, reads: 1 },
  { type: 'deviceShellScripts', policies: 100, reads: 1 },
  { type: 'deviceHealthScripts', policies: 200, reads: 1 },
  { type: 'deviceEnrollmentConfigurations', policies: 100, reads: 0 },
  { type: 'mobileApps', policies: 600, reads: 1 },
  { type: 'mobileAppConfigurations', policies: 200, reads: 0 },
];

/** A simulated tenant with the least that reading it takes. */
export interface LargeTenant {
  readonly content: GraphContent;
  readonly policyTypes: readonly string[];
  readonly policies: number;
  /** The fewest requests for all policies: pages of listings, and the reads that each policy needs besides. */
  readonly fewestRequests: number;
  /** The fewest requests for the names that the policies refer to: one for each group. */
  readonly fewestNames: number;
  /** The length of all policies as JSON, the least that must be received. */
  readonly contentBytes: number;
}

export function largeTenant(): LargeTenant {
  const policies = new Map(POLICIES.map(({ type, policies: count }) => entitiesOf(type, count)));
  const groups = Array.from(
    { length: GROUPS },
    (_, n): GraphObject => ({
      id: groupId(n),
      displayName: `Group ${n}`,
    }),
  );
  return {
    content: new Map([...policies, ['groups', groups]]),
    policyTypes: POLICIES.map(({ type }) => type),
    policies: POLICIES.reduce((sum, { policies: count }) => sum + count, 0),
    fewestRequests: POLICIES.reduce(
      (sum, { policies: count, reads }) => sum + Math.ceil(count / PAGE) + count * reads,
      0,
    ),
    fewestNames: GROUPS,
    contentBytes: [...policies.values()].reduce((sum, some) => sum + JSON.stringify(some).length, 0),
  };
}

function entitiesOf(name: string, count: number): readonly [string, readonly GraphObject[]] {
  const type = policyTypeNamed(name);
  if (!type) throw new Error(`the catalogue lacks ${name}`);
  const entities = Array.from({ length: count }, (_, index): GraphObject => {
    const id = `${name}-${index}`;
    const target = {
      '@odata.type': '#microsoft.graph.groupAssignmentTarget',
      groupId: groupId(index % GROUPS),
    };
    return {
      '@odata.type': '#microsoft.graph.windows10CustomConfiguration',
      id,
      [type.nameField]: `${type.label} ${index}`,
      assignments: [{ id, target }],
      ...(type.content && { [type.content.name]: rows(index) }),
      ...(type.content?.countField && { settingCount: ROWS }),
      ...Object.fromEntries((type.ownAddress?.fields ?? []).map((field) => [field, 'ZWNobyAx'])),
    };
  });
  return [type.path, entities];
}

const groupId = (n: number): string => `9a0e0000-0000-4000-8000-${String(n).padStart(12, '0')}`;

const rows = (policy: number): GraphObject[] =>
  Array.from({ length: ROWS }, (_, row) => ({
    id: String(row),
    definitionId: `definition-${row}`,
    valueJson: String(policy),
    settingInstance: {
      '@odata.type': '#microsoft.graph.deviceManagementConfigurationChoiceSettingInstance',
      settingDefinitionId: `setting_${row}`,
      choiceSettingValue: { value: `setting_${row}_${policy % 2}`, children: [] },
    },
  }));
