import type { ChangeOutcome } from '../../ledger/entity-command.js';
import type { TenantRequest, WebActor } from './actors.js';

/** An API token as the page of its tenant lists it; times in milliseconds since 1970. */
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
  /** A tenant's tokens: valid ones first, then newest first; at most 200. */
  list(tenantId: string): Promise<readonly TokenSummary[]>;
  /** The tenant that a token belongs to; undefined for an id that no token has. */
  tenantOf(tokenId: string): Promise<string | undefined>;
  /** Creates a token and returns it, only this once. A token id can be used only once. */
  issue(
    actor: WebActor,
    request: TenantRequest & {
      readonly tokenId: string;
      readonly name: string;
      /** Names from TOKEN_CAPABILITIES. */
      readonly capabilities: readonly string[];
      readonly lifetimeMs: number;
    },
  ): Promise<
    | {
        readonly kind: 'issued';
        readonly token: string;
        /** The name as it is stored. */
        readonly name: string;
        readonly expiresAt: number;
      }
    | { readonly kind: 'refused'; readonly message: string }
  >;
  revoke(actor: WebActor, request: TenantRequest & { readonly tokenId: string }): Promise<ChangeOutcome>;
}
