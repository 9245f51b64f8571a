import type { StoredPolicy } from '../../policies/stored-policy.js';

/** The exact name of an object that a policy refers to; null where it has none. */
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
  /** Names of what a snapshot referred to; none where they are gone. */
  references(tenantId: string, address: string): Promise<readonly ReferenceName[]>;
}
