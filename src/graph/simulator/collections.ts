import { POLICY_TYPES } from '../../policies/policy-types.js';

/** A collection that the simulated Graph serves: how it is addressed, paged and answered. */
export interface GraphCollection {
  /** Below the API version, without a leading slash. */
  readonly path: string;
  readonly nameField: 'name' | 'displayName';
  /** Entities are of derived types, so that each answer says its own `@odata.type`. */
  readonly polymorphic: boolean;
  /** Properties answered only when expanded or asked for at their own address, with their page sizes. */
  readonly navigations: Readonly<Record<string, { readonly pageSize: number }>>;
  readonly pageSize: number;
  readonly pageSizeMax: number;
  /** Fields that only an entity's own address answers. */
  readonly listOmits: readonly string[];
  /** Says `@odata.count` without being asked, as the settings catalog does. */
  readonly counts: boolean;
}

/** Intune's default for settings; whoever reads only the first page loses the rest. */
const SETTINGS_PAGE = 25;
const LIST_PAGE = 100;
const LIST_PAGE_MAX = 1000;
const UNPAGED = Number.MAX_SAFE_INTEGER;

const POLYMORPHIC = new Set([
  'deviceConfigurations',
  'deviceCompliancePolicies',
  'deviceEnrollmentConfigurations',
  'windowsAutopilotDeploymentProfiles',
]);

const policyCollections: GraphCollection[] = POLICY_TYPES.map((type) => ({
  path: type.path,
  nameField: type.nameField,
  polymorphic: POLYMORPHIC.has(type.name),
  navigations: {
    assignments: { pageSize: UNPAGED },
    ...(type.content ? { [type.content.name]: { pageSize: SETTINGS_PAGE } } : {}),
    ...(type.name.endsWith('ompliancePolicies') ? { scheduledActionsForRule: { pageSize: UNPAGED } } : {}),
  },
  pageSize: LIST_PAGE,
  pageSizeMax: LIST_PAGE_MAX,
  listOmits: type.detailById ? ['scriptContent', 'detectionScriptContent', 'remediationScriptContent'] : [],
  counts: type.name === 'configurationPolicies',
}));

function plainCollection(path: string, more: Partial<GraphCollection> = {}): GraphCollection {
  return {
    path,
    nameField: 'displayName',
    polymorphic: false,
    navigations: {},
    pageSize: LIST_PAGE,
    pageSizeMax: LIST_PAGE_MAX,
    listOmits: [],
    counts: false,
    ...more,
  };
}

export const GROUPS_PATH = 'groups';
export const FILTERS_PATH = 'deviceManagement/assignmentFilters';
export const SCOPE_TAGS_PATH = 'deviceManagement/roleScopeTags';

const GRAPH_COLLECTIONS: readonly GraphCollection[] = Object.freeze([
  ...policyCollections,
  plainCollection(FILTERS_PATH),
  plainCollection(SCOPE_TAGS_PATH),
  plainCollection(GROUPS_PATH, { pageSizeMax: 999 }),
]);

const BY_PATH: ReadonlyMap<string, GraphCollection> = new Map(
  GRAPH_COLLECTIONS.map((collection) => [collection.path, collection]),
);

/** The collection at that path, or undefined. */
export function collectionAt(path: string): GraphCollection | undefined {
  return BY_PATH.get(path);
}
