/** One type of policy as the catalogue describes it. Names of types are stable; they stand in scopes, events and findings. */
export interface PolicyType {
  readonly name: string;
  /** What people call it. */
  readonly label: string;
  /** Path of the collection below the API version, without a leading slash. */
  readonly path: string;
  readonly nameField: 'name' | 'displayName';
  /** Query of the listing, such as an `$expand` of what only a listing gives cheaply; empty for none. */
  readonly listQuery: string;
  /**
   * Where its assignments come from: expanded in the listing (asked for one by one where Graph leaves them out), from
   * a collection below the policy, with the policy's own address, or nowhere because the type has none.
   */
  readonly assignments: 'expanded' | 'own_collection' | 'own_address' | 'none';
  /** The sub-resource that holds the policy's content besides its own fields, or null. */
  readonly content: PolicyContentResource | null;
  /** Further collections below the policy's address that belong to it. */
  readonly children: readonly ChildCollection[];
  /** Objects elsewhere that the policy links to under addresses of its own. */
  readonly links: readonly ContentLinks[];
  /** What only the policy's own address answers, or null where the listing answers all fields. */
  readonly ownAddress: OwnAddress | null;
  /** Entries of the listing that are no policies of the tenant. */
  readonly leftOut: LeftOut | null;
  /** Fields that are facts of the service, neither compared nor part of any hash; `list/field` inside a list's objects. */
  readonly serviceFields: readonly string[];
  /** Own fields that are secrets or may hold some, besides those whose names say so. */
  readonly secretFields: readonly string[];
  /** Lists whose order counts; with a leading `*` only where they stand inside another object. */
  readonly orderedLists: readonly string[];
  /** What it refers to besides groups, filters and scope tags. */
  readonly refersTo: readonly ReferencePlace[];
  /** Why a policy of this type can't be written, or null where it can. */
  readonly notWritable: string | null;
  readonly permission: ReadPermission;
  /** The licence that reading it takes besides Intune itself, or null. */
  readonly licence: string | null;
}

export interface PolicyContentResource {
  readonly name: 'settings' | 'definitionValues';
  readonly query: string;
  /** The policy's own field that declares how many rows there are, or null. */
  readonly countField: 'settingCount' | null;
}

export interface ChildCollection {
  readonly name: string;
  readonly query: string;
}

/** Links of the derived types whose names match. */
export interface ContentLinks {
  readonly types: RegExp;
  readonly names: readonly string[];
}

export interface OwnAddress {
  /** Fields that the listing leaves out. */
  readonly fields: readonly string[];
  readonly query: string;
  /** Collections of derived types by the type's name, where the listing's own collection doesn't answer them whole. */
  readonly collections: Readonly<Record<string, { readonly path: string; readonly query: string }>>;
}

export interface LeftOut {
  /** In words, such as “Microsoft’s own roles”. */
  readonly what: string;
  is(row: { readonly [field: string]: unknown }): boolean;
}

/** Kinds of things that policies refer to by id. */
export type ReferenceKind =
  | 'group'
  | 'assignment_filter'
  | 'scope_tag'
  | 'certificate'
  | 'notification_template'
  | 'reusable_setting'
  | 'compliance_script'
  | 'app'
  | 'policy_of_set'
  | 'template'
  | 'user'
  | 'directory_role'
  | 'application'
  | 'named_location'
  | 'authentication_strength'
  | 'terms_of_use';

/** Where a policy names things of a kind: fields joined by `/`, `*` for each entry of a list. */
export interface ReferencePlace {
  readonly kind: ReferenceKind;
  readonly at: string;
}

/** Application permissions of Microsoft Graph, any of which suffices for reading. */
export type ReadPermission =
  | 'DeviceManagementConfiguration.Read.All'
  | 'DeviceManagementScripts.Read.All'
  | 'DeviceManagementApps.Read.All'
  | 'DeviceManagementServiceConfig.Read.All'
  | 'DeviceManagementRBAC.Read.All'
  | 'Policy.Read.All';

/** A type with the properties given, and what most types have for the others. */
export function policyType(
  given: Pick<PolicyType, 'name' | 'label' | 'permission'> & Partial<PolicyType>,
): PolicyType {
  return Object.freeze({
    path: `deviceManagement/${given.name}`,
    nameField: 'displayName',
    listQuery: '',
    assignments: 'expanded',
    content: null,
    children: [],
    links: [],
    ownAddress: null,
    leftOut: null,
    serviceFields: [],
    secretFields: [],
    orderedLists: [],
    refersTo: [],
    notWritable: null,
    licence: null,
    ...given,
  } satisfies PolicyType);
}

/** What only the own address answers. */
export function ownAddress(fields: readonly string[], more: Partial<OwnAddress> = {}): OwnAddress {
  return { fields, query: '', collections: {}, ...more };
}
