import type { Kysely } from 'kysely';
import type { Clock } from '../../clock.js';
import type { PrimaryTables } from '../../db/primary-tables.js';
import type { ApiClientsPort } from '../ports.js';
import { hashSecret } from './secrets.js';

/** How often a token in use is marked as used. */
const TOUCH_MS = 60_000;

/**
 * The API clients whose token hashes are in the primary data. A look-up by the hash of a random secret leaks
 * nothing through its timing: whoever controls the token doesn't control how its hash begins.
 */
export function createApiClients(db: Kysely<PrimaryTables>, clock: Clock): ApiClientsPort {
  return {
    async authenticate(token) {
      const now = clock.now();
      const row = await db
        .selectFrom('opsledger.api_tokens')
        .select(['token_id', 'name', 'tenant_id', 'capabilities', 'last_used_at'])
        .where('token_hash', '=', hashSecret(token))
        .where('expires_at', '>', new Date(now))
        .where('revoked_at', 'is', null)
        .executeTakeFirst();
      if (!row) return undefined;
      if ((row.last_used_at?.getTime() ?? 0) < now - TOUCH_MS) {
        await db
          .updateTable('opsledger.api_tokens')
          .set({ last_used_at: new Date(now) })
          .where('token_id', '=', row.token_id)
          .execute();
      }
      return {
        clientId: row.token_id,
        name: row.name,
        tenantId: row.tenant_id,
        capabilities: row.capabilities,
      };
    },
  };
}
