import type { Ledger } from '../ledger/ledger.js';
import { changeTenant, registered, type TenantChange, TenantRefusal } from '../tenancy/tenant-commands.js';

/** Tokens that a tenant can have at once, expired ones not counted. */
export const liveTokensMax = 100;

export interface TokenGrant {
  readonly tokenId: string;
  readonly name: string;
  readonly capabilities: readonly string[];
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
}

/**
 * Writes down that a token is issued; until its hash is stored nobody can use it. Resolves to the log position.
 * Errors: TenantRefusal for a token that exists already or one too many.
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
      const { tokens } = registered(state);
      if (tokens.has(tokenId))
        throw new TenantRefusal(
          'This token was made already, and a token is shown once only. Make another one.',
        );
      const live = [...tokens.values()].filter((token) => token.expiresAt > change.now).length;
      if (live >= liveTokensMax)
        throw new TenantRefusal(`There are ${liveTokensMax} API tokens already; revoke some of them first.`);
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

/** Ends a token; does nothing for one that has ended or never was. Resolves to the log position. */
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
      registered(state).tokens.has(tokenId) ? [{ type: 'ApiTokenRevoked', data: { tokenId } }] : [],
    'tokens.manage',
  );
}
