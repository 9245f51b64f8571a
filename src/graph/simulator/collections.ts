import { childrenOf, POLICY_TYPES, type PolicyType } from '../../policies/catalogue/policy-types.js';
import { REFERENCE_SOURCES } from '../../policies/catalogue/references.js';
import { expandedNames } from './expanded-names.js';
import type { GraphObject } from './graph-value.js';

/** A collection that the simulated Graph serves: how it is addressed, paged and answered. */
export interface GraphCollection {
  /** Below the API version, without a leading slash. */
  readonly path: string;
  /** The collection that stores its entities; a different one for a collection of a single derived type. */
  readonly storedIn: string;
  /** The only derived type that it serves, without namespace, or null for all types. */
  readonly derivedType: string | null;
  readonly nameField: 'name' | 'displayName';
  /** Whether entities have derived types, so that each answer has an `@odata.type`. */
  readonly polymorphic: boolean;
  /** Properties that are returned only when expanded or read at their own address, with their page sizes. */
  readonly navigations: Readonly<Record<string, Navigation>>;
  /** Navigations that lead to objects of another collection. */
  readonly links: ReadonlySet<string>;
  readonly pageSize: number;
  readonly pageSizeMax: number;
  /** Fields that only an entity's own address returns. */
  readonly listOmits: readonly string[];
  /** Whether listings always have an `@odata.count`, as those of the settings catalog do. */
  readonly counts: boolean;
  /** The application permission that reading it requires, or null when none is checked. */
  readonly permission: string | null;
  /** The type of policy that it holds, or null for a collection of other objects. */
  readonly type: PolicyType | null;
  /** Fields besides the name that `$filter` may compare. */
  readonly filterFields: readonly string[];
  /** The navigation of another collection whose rows it serves, or null for a collection with entities of its own. */
  readonly rowsOf: { readonly path: string; readonly navigation: string } | null;
}

export interface Navigation {
  readonly pageSize: number;
  /** Fields of its rows that only their own addresses return. */
  readonly omits?: readonly string[];
}

/** Intune's page size for settings; a client that reads only the first page misses the rest. */
const SETTINGS_PAGE = 25;
const LIST_PAGE = 100;
const LIST_PAGE_MAX = 1000;
const UNPAGED = Number.MAX_SAFE_INTEGER;

const POLYMORPHIC = new Set([
  'deviceConfigurations',
  'deviceCompliancePolicies',
  'deviceEnrollmentConfigurations',
  'windowsAutopilotDeploymentProfiles',
  'mobileApps',
  'mobileAppConfigurations',
  'managedAppPolicies',
  'roleDefinitions',
]);

function policyCollections(type: PolicyType): GraphCollection[] {
  const { ownAddress } = type;
  const derived = Object.entries(ownAddress?.collections ?? {});
  const queries = [type.listQuery, ownAddress?.query ?? '', ...derived.map(([, { query }]) => query)];
  const names = new Set(queries.flatMap(expandedIn));
  if (type.assignments !== 'none') names.add('assignments');
  const links = new Set(type.links.flatMap((link) => link.names));
  const whole: GraphCollection = {
    ...plainCollection(type.path),
    nameField: type.nameField,
    polymorphic: POLYMORPHIC.has(type.name),
    navigations: {
      ...Object.fromEntries([...names, ...links].map((name) => [name, { pageSize: UNPAGED }])),
      ...Object.fromEntries(
        type.children.map(({ name, rows, decisions }) => [
          name,
          { pageSize: decisions === null ? UNPAGED : LIST_PAGE, omits: rows?.fields ?? [] },
        ]),
      ),
      ...(type.content ? { [type.content.name]: { pageSize: SETTINGS_PAGE } } : {}),
    },
    links,
    listOmits: (ownAddress?.fields ?? []).filter((field) => !names.has(field)),
    counts: type.name === 'configurationPolicies',
    permission: type.permission,
    type,
  };
  const rows = type.children.flatMap((child) =>
    child.rows === null
      ? []
      : plainCollection(child.rows.path, {
          permission: type.permission,
          rowsOf: { path: type.path, navigation: child.name },
          navigations: Object.fromEntries(child.rows.expanded.map((name) => [name, { pageSize: UNPAGED }])),
        }),
  );
  return [whole, ...derived.map(([derivedType, { path }]) => ({ ...whole, path, derivedType })), ...rows];
}

/** Whether a property of an entity is a navigation; some derived types have an own field of its name. */
export function isNavigation(
  { navigations, type }: GraphCollection,
  name: string,
  entity: GraphObject,
): boolean {
  if (!(name in navigations)) return false;
  const child = type?.children.find((one) => one.name === name);
  return !child || !type || childrenOf(type, entity).includes(child);
}

/** The outermost names of a query's `$expand`. */
function expandedIn(query: string): readonly string[] {
  return expandedNames(/\$expand=(.*)$/.exec(query)?.[1] ?? '');
}

function plainCollection(path: string, more: Partial<GraphCollection> = {}): GraphCollection {
  return {
    path,
    storedIn: path,
    derivedType: null,
    nameField: 'displayName',
    polymorphic: false,
    navigations: {},
    links: new Set(),
    pageSize: LIST_PAGE,
    pageSizeMax: LIST_PAGE_MAX,
    listOmits: [],
    counts: false,
    permission: null,
    type: null,
    filterFields: [],
    rowsOf: null,
    ...more,
  };
}

export const GROUPS_PATH = 'groups';
export const FILTERS_PATH = 'deviceManagement/assignmentFilters';
/** Intune's log of changes, in which a write can be found: its `correlationId` is the `client-request-id`. */
export const AUDIT_EVENTS_PATH = 'deviceManagement/auditEvents';
export const SCOPE_TAGS_PATH = 'deviceManagement/roleScopeTags';

const OF_POLICIES = POLICY_TYPES.flatMap(policyCollections);
const POLICY_PATHS = new Set(OF_POLICIES.map(({ path }) => path));
/** Collections of other objects that policies refer to. */
const REFERRED_TO = Object.values(REFERENCE_SOURCES).flatMap(({ path }) => path ?? []);

const GRAPH_COLLECTIONS: readonly GraphCollection[] = Object.freeze([
  ...OF_POLICIES,
  ...REFERRED_TO.filter((path) => path !== GROUPS_PATH && !POLICY_PATHS.has(path)).map((path) =>
    plainCollection(path),
  ),
  plainCollection(AUDIT_EVENTS_PATH, {
    permission: 'DeviceManagementApps.Read.All',
    filterFields: ['correlationId'],
  }),
  plainCollection(GROUPS_PATH, {
    navigations: { members: { pageSize: LIST_PAGE } },
    pageSizeMax: 999,
    permission: 'GroupMember.Read.All',
  }),
]);

const BY_PATH: ReadonlyMap<string, GraphCollection> = new Map(
  GRAPH_COLLECTIONS.map((collection) => [collection.path, collection]),
);

/** Segments of the longest address of a collection. */
const SEGMENTS_MAX = Math.max(...GRAPH_COLLECTIONS.map(({ path }) => path.split('/').length));

/** The collection at that path, or undefined. */
export function collectionAt(path: string): GraphCollection | undefined {
  return BY_PATH.get(path);
}

/** The collection that an address begins with, and the remaining segments; undefined when there is none. */
export function collectionOf(
  segments: readonly string[],
): { readonly collection: GraphCollection; readonly rest: readonly string[] } | undefined {
  for (let length = Math.min(SEGMENTS_MAX, segments.length); length > 0; length--) {
    const collection = BY_PATH.get(segments.slice(0, length).join('/'));
    if (collection) return { collection, rest: segments.slice(length) };
  }
  return undefined;
}

/** Whether a collection serves an entity; one of a single derived type serves only that type. */
export function serves({ derivedType }: GraphCollection, entity: GraphObject): boolean {
  return derivedType === null || entity['@odata.type'] === `#microsoft.graph.${derivedType}`;
}
