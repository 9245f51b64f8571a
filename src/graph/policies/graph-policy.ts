import type { PolicyType } from '../../policies/catalogue/policy-types.js';
import type { PolicyDocument } from '../../policies/policy-document.js';
import type { GraphReasonCode } from '../client/graph-error.js';

/** One complete policy as Graph answers it. */
export interface GraphPolicy extends PolicyDocument {
  readonly kind: 'policy';
  readonly type: PolicyType;
  readonly id: string;
  readonly name: string;
}

/** One policy that couldn't be read; reading continues with the others of its type. */
export interface UnreadPolicy {
  readonly kind: 'unread';
  readonly type: PolicyType;
  /** As Graph answered it; null where the entry has none. */
  readonly id: string | null;
  /** As Graph answered it; null where the entry has none. */
  readonly name: string | null;
  readonly reasonCode: GraphReasonCode;
  /** The reason, in the client's own words. */
  readonly reason: string;
}

export type PolicyReadResult = GraphPolicy | UnreadPolicy;
