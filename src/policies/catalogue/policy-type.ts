import type { JsonObject } from '../../ledger/canonical-json.js';
import { type PolicyWriting, USUAL_WRITING, type WritePermission } from './policy-writing.js';

/** One type of policy in the catalogue. Its name is stable, because scopes, events and findings contain it. */
export interface PolicyType {
  readonly name: string;
  /** Name for people. */
  readonly label: string;
  /** Path of the collection below the API version, without a leading slash. */
  readonly path: string;
  readonly nameField: 'name' | 'displayName';
  /** Query of the listing, such as an `$expand` of fields that are cheap in a listing only; empty for none. */
  readonly listQuery: string;
  /**
   * Where its assignments are read: expanded in the listing (or one policy at a time when Graph refuses to expand
   * them), in a collection below the policy, at the policy's own address, or nowhere because the type has none.
   */
  readonly assignments: 'expanded' | 'own_collection' | 'own_address' | 'none';
  /** The sub-resource with content that the policy's own fields don't hold, or null. */
  readonly content: PolicyContentResource | null;
  /** Further collections below the policy's address that are part of the policy. */
  readonly children: readonly ChildCollection[];
  /** Objects of other collections that the policy links to, read at an address below the policy. */
  readonly links: readonly ContentLinks[];
  /** Fields that only the policy's own address returns, or null when the listing returns all fields. */
  readonly ownAddress: OwnAddress | null;
  /** Entries of the listing that aren't policies of the tenant and are left out, or null. */
  readonly leftOut: LeftOut | null;
  /** Policies that Microsoft made, of which only a part is the tenant's; null when there are none. */
  readonly madeByMicrosoft: MadeByMicrosoft | null;
  /**
   * Fields that the service sets; they are neither compared nor hashed. `list/field` names a field of the objects
   * in a list.
   */
  readonly serviceFields: readonly string[];
  /** Own fields that are secrets or may hold secrets, besides those that are recognised by their names. */
  readonly secretFields: readonly string[];
  /** Lists whose order counts; a leading `*` means: only inside another object. */
  readonly orderedLists: readonly string[];
  /** References of the policy besides groups, filters and scope tags. */
  readonly refersTo: readonly ReferencePlace[];
  /** The reason why policies of this type can't be written, or null when they can. */
  readonly notWritable: string | null;
  /** How policies of this type are written; null exactly when they can't be. */
  readonly writing: PolicyWriting | null;
  readonly permission: ReadPermission;
  /** The licence that reading it requires besides Intune, or null. */
  readonly licence: string | null;
}

export interface PolicyContentResource {
  readonly name: 'settings' | 'definitionValues';
  readonly query: string;
  /** The policy's own field that declares the number of rows, or null. */
  readonly countField: 'settingCount' | null;
}

export interface ChildCollection {
  readonly name: string;
  readonly query: string;
  /** The only derived types that have it, or null when every policy of the type has it. */
  readonly derivedTypes: RegExp | null;
  /** Whether it comes with the policy's own address, which expands it. */
  readonly expanded: boolean;
  /** Whether a policy with this row can have any entries, so that asking for them is worth a request. */
  isNeeded(row: { readonly [field: string]: unknown }): boolean;
  /** Whether the policy is also read where Graph refuses the collection, which is then not compared. */
  readonly optional: boolean;
  /** How each row is read again, because the collection returns only a part of it; null when it returns all. */
  readonly rows: ChildRows | null;
  /** Which part of the rows is compared; null when the tenant sets the rows as a whole. */
  readonly decisions: RowDecisions | null;
}

export interface ChildRows {
  readonly path: string;
  /** Asked for without it where Graph refuses the query. */
  readonly query: string;
  /** Fields that only the row's own address returns. */
  readonly fields: readonly string[];
  /** Those of them that only the query returns. */
  readonly expanded: readonly string[];
}

/** The part of the rows of a list that people decide. Only this is compared. */
export interface RowDecisions {
  /** In words, such as “which drivers are approved”. */
  readonly what: string;
  /** Whether the service adds rows and takes them out, so that a decision may be gone with its row. */
  readonly listedByService: boolean;
  /** What identifies a row in another list. */
  keyOf(row: JsonObject): string;
  /** The row's name for people, or null where the key is one. */
  labelOf(row: JsonObject): string | null;
  /** The fields that hold the decision, or null when nobody has decided anything about the row. */
  of(row: JsonObject, policy: JsonObject): JsonObject | null;
}

/** Policies that Microsoft made. A release of Microsoft changes them, and that is no drift. */
export interface MadeByMicrosoft {
  /** In words, such as “Microsoft’s own roles”. */
  readonly what: string;
  is(row: { readonly [field: string]: unknown }): boolean;
  /** The own fields that Microsoft sets, besides the name. */
  readonly fields: 'all' | readonly string[];
  /** The first version of the comparing rules with which an inventory read them. */
  readonly readSinceRules: number;
}

/** Links of those derived types whose names match. */
export interface ContentLinks {
  readonly types: RegExp;
  readonly names: readonly string[];
}

export interface OwnAddress {
  /** Fields that the listing leaves out. */
  readonly fields: readonly string[];
  readonly query: string;
  /** Collections by derived type, for types that the listing's own collection doesn't return completely. */
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
  | 'derived_credential'
  | 'network_profile'
  | 'notification_template'
  | 'reusable_setting'
  | 'compliance_script'
  | 'app'
  | 'compliance_policy'
  | 'device_configuration'
  | 'catalog_policy'
  | 'device_script'
  | 'enrollment_configuration'
  | 'autopilot_profile'
  | 'app_protection'
  | 'app_configuration'
  | 'managed_app_configuration'
  | 'policy_of_set'
  | 'template'
  | 'user'
  | 'directory_role'
  | 'application'
  | 'service_principal'
  | 'named_location'
  | 'authentication_strength'
  | 'terms_of_use';

/** Path to the ids of things of one kind in a policy: fields joined by `/`, with `*` for each entry of a list. */
export interface ReferencePlace {
  readonly kind: ReferenceKind;
  readonly at: string;
  /** Derived types of list entries to which the place doesn't apply, because they have places of their own. */
  readonly except?: ReadonlySet<string>;
  /** What stands before the id in the same text. */
  readonly prefix?: RegExp;
}

/** Application permissions of Microsoft Graph for reading policies. */
export type ReadPermission =
  | 'DeviceManagementConfiguration.Read.All'
  | 'DeviceManagementScripts.Read.All'
  | 'DeviceManagementApps.Read.All'
  | 'DeviceManagementServiceConfig.Read.All'
  | 'DeviceManagementRBAC.Read.All'
  | 'Policy.Read.All';

/** Makes a type from the given properties and the usual values of the others. */
export function policyType({
  writing = {},
  ...given
}: Pick<PolicyType, 'name' | 'label' | 'permission'> &
  Partial<Omit<PolicyType, 'writing'>> & { readonly writing?: Partial<PolicyWriting> }): PolicyType {
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
    madeByMicrosoft: null,
    serviceFields: [],
    secretFields: [],
    orderedLists: [],
    refersTo: [],
    notWritable: null,
    licence: null,
    ...given,
    writing: (given.notWritable ?? null) === null ? writingOf(given, writing) : null,
  } satisfies PolicyType);
}

function writingOf(
  { permission, assignments }: Pick<PolicyType, 'permission'> & Partial<PolicyType>,
  writing: Partial<PolicyWriting>,
): PolicyWriting {
  const assign = assignments === 'none' ? null : USUAL_WRITING.assign;
  return { ...USUAL_WRITING, assign, permission: WRITE_PERMISSIONS[permission], ...writing };
}

const WRITE_PERMISSIONS: Readonly<Record<ReadPermission, WritePermission>> = {
  'DeviceManagementConfiguration.Read.All': 'DeviceManagementConfiguration.ReadWrite.All',
  'DeviceManagementScripts.Read.All': 'DeviceManagementScripts.ReadWrite.All',
  'DeviceManagementApps.Read.All': 'DeviceManagementApps.ReadWrite.All',
  'DeviceManagementServiceConfig.Read.All': 'DeviceManagementServiceConfig.ReadWrite.All',
  'DeviceManagementRBAC.Read.All': 'DeviceManagementRBAC.ReadWrite.All',
  'Policy.Read.All': 'Policy.ReadWrite.ConditionalAccess',
};

/** Describes a child collection. */
export function child(name: string, more: Partial<ChildCollection> = {}): ChildCollection {
  return {
    name,
    query: '',
    derivedTypes: null,
    expanded: false,
    isNeeded: () => true,
    optional: false,
    rows: null,
    decisions: null,
    ...more,
  };
}

/** Describes the fields that only the policy's own address returns. */
export function ownAddress(fields: readonly string[], more: Partial<OwnAddress> = {}): OwnAddress {
  return { fields, query: '', collections: {}, ...more };
}
