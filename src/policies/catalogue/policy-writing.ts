import type { JsonObject } from '../../ledger/canonical-json.js';

/**
 * How the policies of a type are written to Graph. The facts come from Microsoft's reference of each type
 * (https://learn.microsoft.com/graph/api/resources/intune-graph-overview) and, where it is silent, from tools that
 * write the same types: IntuneManagement (`PropertiesToRemove`, `PropertiesToRemoveForUpdate`, `AssignmentsType`),
 * IntuneCD (`update/Intune`) and Microsoft365DSC.
 */
export interface PolicyWriting {
  readonly permission: WritePermission;
  /** In a restore, policies of a lower rank are written before those of a higher one. */
  readonly rank: number;
  /** The method by which own fields are changed: PATCH sends those that differ, PUT sends all. */
  readonly update: 'PATCH' | 'PUT';
  /** Whether each body needs the `@odata.type`, because the type has derived types. An update can't change it. */
  readonly typed: boolean;
  /** Fields and child collections that Graph doesn't accept from a client, besides those that are never compared. */
  readonly readOnly: readonly string[];
  /** Fields that Graph derives from others, so that leaving them out loses nothing. */
  readonly computed: readonly string[];
  /** Fields that a create accepts and an update doesn't. */
  readonly fixed: readonly string[];
  /** Objects of which only the id is sent, by their paths, such as `grantControls/authenticationStrength`. */
  readonly sentAsId: readonly string[];
  /** Fields with dates that Graph accepts only while all of them are in the future. */
  readonly datesAhead: readonly string[];
  /** How the rows of the content sub-resource are written, or null when there is none. */
  readonly content: ContentWriting | null;
  /** Fields and child collections that separate requests write once the policy exists. */
  readonly parts: readonly PartWriting[];
  readonly assign: AssignWriting | null;
  /** What a create must hold, or null. */
  readonly needed: NeededContent | null;
  /** Policies that Graph only lets change in part, because Microsoft made them; null when there are none. */
  readonly provided: ProvidedPolicies | null;
  /** Whether Graph refuses a second policy with the same name. */
  readonly uniqueNames: boolean;
  /** Whether an id can come to mean another object, so that a policy is the same only if its name is too (K6). */
  readonly idsReused: boolean;
  /** Characters that Graph refuses in names, or null. */
  readonly refusedInNames: RegExp | null;
  /** What a person must know before a policy of this content is written, or null; a function of the whole content. */
  readonly warning: ((raw: JsonObject) => string | null) | null;
  /** Whether its field `version` is what Graph compares with the header `If-Match`. */
  readonly versioned: boolean;
}

/** Application permissions of Microsoft Graph for writing policies. */
export type WritePermission =
  | 'DeviceManagementConfiguration.ReadWrite.All'
  | 'DeviceManagementScripts.ReadWrite.All'
  | 'DeviceManagementApps.ReadWrite.All'
  | 'DeviceManagementServiceConfig.ReadWrite.All'
  | 'DeviceManagementRBAC.ReadWrite.All'
  | 'Policy.ReadWrite.ConditionalAccess';

/**
 * - `put`: the rows are in the body of a create, and a PUT of the whole policy replaces them.
 * - `updateDefinitionValues`: that action adds, changes and removes rows, also after a create.
 * - `updateSettings`: that action adds and changes rows and removes none; a create goes to the template.
 */
export type ContentWriting = 'put' | 'updateDefinitionValues' | 'updateSettings';

export interface PartWriting {
  /** The policy's own field, or its child collection. */
  readonly name: string;
  /** Whether a create accepts it in its body. */
  readonly inCreate: boolean;
  readonly by: PartAction;
}

/**
 * - `action`: POST of the action replaces the whole list, which the body has under `list`, beside the fields `beside`.
 * - `rows`: one request for each row, which is identified by the field `key`.
 * - `delta`: POST of the action with the rows that come and the ids of those that go.
 */
export type PartAction =
  | {
      readonly kind: 'action';
      readonly action: string;
      readonly list: string;
      readonly beside: readonly string[];
    }
  | { readonly kind: 'rows'; readonly key: string }
  | { readonly kind: 'delta'; readonly action: string; readonly added: string; readonly deleted: string };

/**
 * - `action`: POST of the action with the whole set of assignments under `list`.
 * - `rows`: one request for each assignment that comes or goes.
 */
export type AssignWriting = { readonly exclusions: boolean } & (
  | { readonly kind: 'action'; readonly action: string; readonly list: string }
  | { readonly kind: 'rows' }
);

export interface NeededContent {
  /** In words, such as “an action of type block”. */
  readonly what: string;
  isIn(row: { readonly [field: string]: unknown }): boolean;
}

export interface ProvidedPolicies {
  /** In words, such as “the tenant’s default”. */
  readonly what: string;
  is(row: { readonly [field: string]: unknown }): boolean;
  /** The only kind of request that a restore sends for them. */
  readonly takes: 'update' | 'assign' | 'nothing';
}

/** Ranks of the types that others refer to, of most types, and of the types that contain others. */
export const RANK = Object.freeze({
  scopeTags: 10,
  filters: 20,
  roles: 30,
  notifications: 40,
  complianceScripts: 50,
  reusableSettings: 60,
  trustedCertificates: 70,
  certificates: 80,
  others: 100,
  domainJoins: 110,
  sets: 200,
});

const TRUSTED_CERTIFICATE = /TrustedRootCertificate$/i;
const DOMAIN_JOIN = /DomainJoinConfiguration$/i;
const CERTIFICATE = /(?:Scep|Pkcs|ImportedPFX|Certificate\w*)Profile$/i;

/**
 * Rank of a derived type in a restore. Profiles of certificates come before the profiles that link to them, and
 * domain joins after the network profiles that they link to.
 */
export function rankOf({ rank }: PolicyWriting, derivedType: string): number {
  if (TRUSTED_CERTIFICATE.test(derivedType)) return Math.min(rank, RANK.trustedCertificates);
  if (DOMAIN_JOIN.test(derivedType)) return Math.max(rank, RANK.domainJoins);
  return CERTIFICATE.test(derivedType) && !/Eas|Vpn|Wi-?Fi/i.test(derivedType)
    ? Math.min(rank, RANK.certificates)
    : rank;
}

/** Assignments that the action `assign` accepts as a whole under this name. */
export function assigned(list = 'assignments', exclusions = true): AssignWriting {
  return { kind: 'action', action: 'assign', list, exclusions };
}

/** A list that an action replaces. */
export function byAction(
  name: string,
  action: string,
  list = name,
  more: { readonly inCreate?: boolean; readonly beside?: readonly string[] } = {},
): PartWriting {
  const { inCreate = false, beside = [] } = more;
  return { name, inCreate, by: { kind: 'action', action, list, beside } };
}

/** The usual way in which Graph accepts policies. */
export const USUAL_WRITING: Omit<PolicyWriting, 'permission'> = Object.freeze({
  rank: RANK.others,
  update: 'PATCH',
  typed: false,
  readOnly: [],
  computed: [],
  fixed: [],
  sentAsId: [],
  datesAhead: [],
  content: null,
  parts: [],
  assign: assigned(),
  needed: null,
  provided: null,
  uniqueNames: false,
  idsReused: false,
  refusedInNames: null,
  warning: null,
  versioned: false,
});
