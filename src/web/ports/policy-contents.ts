import type { StoredPolicy } from '../../policies/stored-policy.js';

/** An object that a policy refers to; its exact name is null when it has none. */
export interface ReferenceName {
  readonly kind: string;
  readonly id: string;
  readonly name: string | null;
}

/** A stored policy that is lost. */
export interface LostPolicy {
  /** The end of a sentence that begins with the lost content. */
  readonly lost: string;
}

/**
 * Reads stored policies of a tenant at addresses that its read models name. A policy is as Graph answered it and holds
 * secrets: a page shows it only flattened and masked, by `shown-policy.ts`.
 */
export interface PolicyContentsPort {
  /** The policy, or why it is lost. Errors: those of the database. */
  policy(tenantId: string, address: string): Promise<StoredPolicy | LostPolicy>;
  /** Names of the objects that a snapshot referred to; empty when they are lost. Errors: those of the database. */
  references(tenantId: string, address: string): Promise<readonly ReferenceName[]>;
}
