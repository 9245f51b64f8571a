import type { Kysely } from 'kysely';
import type { Clock } from '../clock.js';
import type { PrimaryTables } from '../db/primary-tables.js';
import type { TenantDirectory } from '../tenancy/tenant-directory.js';
import type { ApiClientsPort } from '../web/ports/actors.js';
import { isTokenOf, tokenIdIn } from './api-token.js';

/** How often a token in use is marked as used. */
const touchMs = 60_000;

/**
 * Recognises API clients by their tokens. Two things must agree: the database has the token's hash, not marked as
 * revoked, and the log says that it was issued and not revoked. So a token stops at once in every process, even
 * if one of the two writes of its end is still missing, and no row put back from a backup revives it. What the
 * token may do and until when is read from the log alone.
 */
export function createApiClients(deps: {
  readonly db: Kysely<PrimaryTables>;
  readonly directory: Pick<TenantDirectory, 'tokenOf'>;
  readonly clock: Clock;
}): ApiClientsPort {
  const { clock, db, directory } = deps;
  return {
    async authenticate(token) {
      const tokenId = tokenIdIn(token);
      if (tokenId === undefined) return undefined;
      const row = await db
        .selectFrom('opsledger.api_tokens')
        .select(['tenant_id', 'token_hash', 'last_used_at'])
        .where('token_id', '=', tokenId)
        .where('revoked_at', 'is', null)
        .executeTakeFirst();
      if (!row || !isTokenOf(token, row.token_hash)) return undefined;
      const issued = directory.tokenOf(row.tenant_id, tokenId);
      const now = clock.now();
      if (!issued || issued.expiresAt <= now) return undefined;
      if ((row.last_used_at?.getTime() ?? 0) < now - touchMs) {
        await db
          .updateTable('opsledger.api_tokens')
          .set({ last_used_at: new Date(now) })
          .where('token_id', '=', tokenId)
          .execute();
      }
      const { capabilities, name } = issued;
      return { clientId: tokenId, name, tenantId: row.tenant_id, capabilities };
    },
  };
}
