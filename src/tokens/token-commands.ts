import type { Ledger } from '../ledger/ledger.js';
import {
  changeTenant,
  requireRegistered,
  type TenantChange,
  TenantRefusal,
} from '../tenancy/tenant-commands.js';

/** Most tokens of a tenant, without expired ones. */
export const LIVE_TOKENS_MAX = 100;

export interface TokenGrant {
  readonly tokenId: string;
  readonly name: string;
  readonly capabilities: readonly string[];
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
}

/**
 * Records that a token is issued; it can't be used until its hash is stored. Resolves to the log position. Errors:
 * TenantRefusal for a token that exists already or when the tenant has too many tokens.
 */
export function issueToken(
  ledger: Ledger,
  tenantId: string,
  { capabilities, expiresAt, name, tokenId }: TokenGrant,
  change: TenantChange & { readonly now: number },
): Promise<number> {
  return changeTenant(
    ledger,
    tenantId,
    change,
    (state) => {
      const { tokens } = requireRegistered(state);
      if (tokens.has(tokenId))
        throw new TenantRefusal(
          'This token was made already, and a token is shown once only. Make another one.',
        );
      const live = [...tokens.values()].filter((token) => token.expiresAt > change.now).length;
      if (live >= LIVE_TOKENS_MAX)
        throw new TenantRefusal(
          `There are ${LIVE_TOKENS_MAX} API tokens already; revoke some of them first.`,
        );
      const issued = {
        tokenId,
        name,
        capabilities: [...capabilities],
        expiresAt: new Date(expiresAt).toISOString(),
      };
      return [{ type: 'ApiTokenIssued', data: issued }];
    },
    'tokens.manage',
  );
}

/** Revokes a token; does nothing for a token that is revoked or was never issued. Resolves to the log position. */
export function revokeToken(
  ledger: Ledger,
  tenantId: string,
  tokenId: string,
  change: TenantChange,
): Promise<number> {
  return changeTenant(
    ledger,
    tenantId,
    change,
    (state) =>
      requireRegistered(state).tokens.has(tokenId) ? [{ type: 'ApiTokenRevoked', data: { tokenId } }] : [],
    'tokens.manage',
  );
}
