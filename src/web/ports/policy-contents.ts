import type { StoredPolicy } from '../../policies/stored-policy.js';

/** An object that a policy refers to; its exact name is null when it has none. */
export interface ReferenceName {
  readonly kind: string;
  readonly id: string;
  readonly name: string | null;
}

/**
 * Reads stored policies of a tenant at addresses that its read models name. A policy is as Graph answered it and holds
 * secrets: a page shows it only flattened and masked, by `shown-policy.ts`.
 */
export interface PolicyContentsPort {
  /** Undefined when nothing is stored at the address any more. */
  policy(tenantId: string, address: string): Promise<StoredPolicy | undefined>;
  /** Names of the objects that a snapshot referred to; empty when they are no longer stored. */
  references(tenantId: string, address: string): Promise<readonly ReferenceName[]>;
}
