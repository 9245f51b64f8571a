import type { ChangeOutcome } from '../../ledger/define-command.js';
import type { TenantRequest, WebActor } from './actors.js';

/** An API token as its tenant's page lists it; times in milliseconds since 1970. */
export interface TokenSummary {
  readonly tokenId: string;
  readonly name: string;
  readonly capabilities: readonly string[];
  readonly createdBy: string | null;
  readonly createdAt: number;
  readonly expiresAt: number;
  readonly lastUsedAt: number | null;
  readonly revokedAt: number | null;
}

export interface TokensPort {
  /** Those that work first, the newest first; at most 200. */
  list(tenantId: string): Promise<readonly TokenSummary[]>;
  /** The tenant that a token belongs to; undefined for an id that no token has. */
  tenantOf(tokenId: string): Promise<string | undefined>;
  /** Answers the token itself, for this one time. A token id is good for one token. */
  issue(
    actor: WebActor,
    request: TenantRequest & {
      readonly tokenId: string;
      readonly name: string;
      /** Names of TOKEN_CAPABILITIES. */
      readonly capabilities: readonly string[];
      readonly lifetimeMs: number;
    },
  ): Promise<
    | {
        readonly kind: 'issued';
        readonly token: string;
        /** As it is kept, without what must not be. */
        readonly name: string;
        readonly expiresAt: number;
      }
    | { readonly kind: 'refused'; readonly message: string }
  >;
  revoke(actor: WebActor, request: TenantRequest & { readonly tokenId: string }): Promise<ChangeOutcome>;
}
