import { v5 as uuidv5 } from 'uuid';
import { FILTERS_PATH, GROUPS_PATH, SCOPE_TAGS_PATH } from '../collections.js';
import { assignmentId } from '../complete-directory.js';
import type { GraphObject } from '../graph-value.js';
import type { GraphContent } from '../tenant-state.js';
import type { TenantSource } from '../tenants.js';
import { graphTime } from '../write-context.js';
import { demoCatalogue } from './demo-catalogue.js';
import { demoClassicPolicies } from './demo-classic.js';
import { demoGroups } from './demo-groups.js';
import { type DemoModel, firstDemoModel, nextDemoModel } from './demo-model.js';
import { demoOddities } from './demo-oddities.js';
import { demoCatalogPolicy } from './demo-policies.js';
import { createDemoRandom } from './demo-random.js';

const NAMESPACE = 'b9b1b4a2-5a1f-4d56-9d0b-0f5c7f3e7a11';
const FIRST_DAY = Date.UTC(2026, 0, 5, 8);
const HOUR_MS = 3_600_000;

/** Shared by the parts of a generated tenant. */
export interface DemoContext {
  /** An id that is the same for the same thing in every generation. */
  readonly id: (what: string) => string;
  /** The time of a change in a generation. */
  readonly time: (generation: number) => string;
  readonly assignments: (policyId: string, groups: readonly number[]) => GraphObject[];
}

/** Remediations require a licence, which only some tenants have. */
const REMEDIATIONS_PATH = 'deviceManagement/deviceHealthScripts';
const LICENSED_SHARE = 0.5;

/**
 * A generated tenant: 70 to 90 policies of every type, with the oddities of real tenants, groups, a filter and
 * scope tags. From one generation to the next, settings and assignments change, and policies are renamed, added,
 * removed and re-created. The same seed and key give the same tenant.
 */
export function demoTenant(seed: string, tenantKey: string): TenantSource {
  const own = `${seed}/${tenantKey}`;
  const context = demoContext(own);
  let latest = firstDemoModel(own);
  const isLicensed = createDemoRandom(`${own}/licences`).fraction() < LICENSED_SHARE;
  return {
    kind: 'generations',
    unlicensed: isLicensed ? [] : [REMEDIATIONS_PATH],
    at(generation) {
      if (generation < latest.generation) latest = firstDemoModel(own);
      while (latest.generation < generation) latest = nextDemoModel(own, latest);
      return demoContent(context, latest);
    },
  };
}

function demoContent(context: DemoContext, model: DemoModel): GraphContent {
  const oddities = demoOddities(context);
  return new Map<string, readonly GraphObject[]>([
    [
      'deviceManagement/configurationPolicies',
      [...model.policies.map((policy) => demoCatalogPolicy(context, policy)), ...oddities.catalogPolicies],
    ],
    ...demoClassicPolicies(context, model, oddities),
    ...demoCatalogue(context),
    [GROUPS_PATH, demoGroups(context, model.generation)],
    [
      FILTERS_PATH,
      [
        {
          id: context.id('filter'),
          displayName: 'Corporate owned',
          platform: 'windows10AndLater',
          rule: '(device.deviceOwnership -eq "Corporate")',
        },
      ],
    ],
    [
      SCOPE_TAGS_PATH,
      [
        { id: '0', displayName: 'Default', isBuiltIn: true },
        { id: '1', displayName: 'Headquarters', isBuiltIn: false },
      ],
    ],
  ]);
}

function demoContext(own: string): DemoContext {
  const id = (what: string) => uuidv5(`${own}/${what}`, NAMESPACE);
  return {
    id,
    time: (generation) => graphTime(FIRST_DAY + generation * HOUR_MS),
    assignments: (policyId, groups) =>
      groups.map((group) => {
        const target: GraphObject = {
          '@odata.type': '#microsoft.graph.groupAssignmentTarget',
          deviceAndAppManagementAssignmentFilterId: null,
          deviceAndAppManagementAssignmentFilterType: 'none',
          groupId: id(`group ${group}`),
        };
        return { id: assignmentId(policyId, target), source: 'direct', sourceId: policyId, target };
      }),
  };
}
