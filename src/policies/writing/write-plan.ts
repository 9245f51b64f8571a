import type { JsonObject } from '../../ledger/canonical-json.js';
import type { PolicyType } from '../catalogue/policy-types.js';
import type { PolicyDocument } from '../policy-document.js';
import type { PolicyReference } from '../references.js';

/**
 * - `update`: changes the policy that is there, and creates it when there is none.
 * - `copy`: creates a second policy with a name of its own.
 * - `missing`: creates the policy when there is none, and changes nothing that is there.
 */
export type WriteMode = 'update' | 'copy' | 'missing';

export interface WriteInput {
  readonly type: PolicyType;
  /** The policy as it was captured. */
  readonly snapshot: PolicyDocument;
  /** The policy that it is written to, as it is now, or null when there is none. */
  readonly live: PolicyDocument | null;
  readonly mode: WriteMode;
  /** Name of the policy that mode `copy` creates. */
  readonly copyName: string;
  readonly includeAssignments: boolean;
  readonly includeScopeTags: boolean;
  /** The id that an object has in the tenant now, or null when it is unknown. */
  readonly mapped: (reference: PolicyReference) => string | null;
  /** The beginning of addresses in bodies, such as `https://graph.microsoft.com/beta`. */
  readonly graphRoot: string;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** One request that writes a policy. */
export interface WriteRequest {
  readonly what: 'create' | 'update' | 'content' | 'assign';
  readonly method: 'POST' | 'PATCH' | 'PUT' | 'DELETE';
  /** Below the API version; `CREATED_ID` stands for the id of the policy that the plan creates. */
  readonly path: string;
  readonly body: JsonObject | null;
}

/** Placeholder in the paths of a plan for the id of the policy that its first request creates. */
export const CREATED_ID = '{created-id}';

/**
 * The requests that write one policy, in their order.
 * - `leave`: there is nothing to write.
 * - `blocked`: a limit with a reason code forbids writing; there are no requests.
 */
export interface WritePlan {
  readonly action: 'create' | 'update' | 'leave' | 'blocked';
  readonly requests: readonly WriteRequest[];
  /** What can't be set as it was. */
  readonly limits: readonly WriteLimit[];
}

export type LimitKind =
  | 'past_date'
  | 'cannot_change'
  | 'set_by_graph'
  | 'not_captured'
  | 'cannot_remove'
  | 'inherited_assignment'
  | 'exclusion_refused'
  | 'secret_withheld'
  | 'unknown_reference'
  | 'content_missing'
  | 'provided_by_microsoft'
  | 'left_out'
  | 'not_writable'
  | 'in_force_at_once';

/** Something that can't be set as it was. Of kind `in_force_at_once`: what a person must know before it is written. */
export interface WriteLimit {
  readonly kind: LimitKind;
  /** The field, list or link that it concerns. */
  readonly field: string;
  /** The reason code when this prevents writing the policy; null when the policy is written without it. */
  readonly reasonCode: 'secret_unavailable' | 'mapping_missing' | 'not_restorable' | null;
  /** In words for people, without values of the policy. */
  readonly reason: string;
  /** The object whose id is unknown, of kind `unknown_reference`. */
  readonly reference?: PolicyReference;
}

/** The request with the id of the created policy in its path. */
export function withCreatedId(request: WriteRequest, id: string): WriteRequest {
  return { ...request, path: request.path.replace(CREATED_ID, encodeURIComponent(id)) };
}
