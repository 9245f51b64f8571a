import type { Kysely } from 'kysely';
import type { Clock } from '../clock.js';
import type { PrimaryTables } from '../db/primary-tables.js';
import type { TenantDirectory } from '../tenancy/tenant-directory.js';
import type { ApiClientsPort } from '../web/ports/actors.js';
import { isTokenOf, tokenIdIn } from './api-token.js';

/** Shortest time between two updates of a token's last use. */
const TOUCH_MS = 60_000;

/**
 * Recognises API clients by their tokens. A token works only if the database has its hash and doesn't mark it as
 * revoked, and if the log says that it was issued and not revoked. So a revoked token stops working in every process
 * even if one of these two writes is missing, and a row restored from a backup doesn't make it valid again. The
 * token's rights and its expiry are read only from the log.
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
      if ((row.last_used_at?.getTime() ?? 0) < now - TOUCH_MS) {
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
