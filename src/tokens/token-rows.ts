import type { Kysely } from 'kysely';
import type { PrimaryTables } from '../db/primary-tables.js';
import type { TokenGrant } from './token-commands.js';

/** A token as its tenant's page lists it; times in milliseconds since 1970. */
export interface TokenRow extends TokenGrant {
  readonly createdBy: string | null;
  readonly createdAt: number;
  readonly lastUsedAt: number | null;
  readonly revokedAt: number | null;
}

/** Most tokens that are listed: valid ones first, then the newest of the others. */
const TOKENS_LISTED_MAX = 200;

/** Stores what is needed to recognise a token that was issued. */
export async function storeToken(
  db: Kysely<PrimaryTables>,
  token: TokenGrant & { readonly tenantId: string; readonly tokenHash: string; readonly createdAt: number },
  createdBy: string | null,
): Promise<void> {
  await db
    .insertInto('opsledger.api_tokens')
    .values({
      token_id: token.tokenId,
      token_hash: token.tokenHash,
      tenant_id: token.tenantId,
      name: token.name,
      capabilities: [...token.capabilities],
      created_by: createdBy,
      created_at: new Date(token.createdAt),
      expires_at: new Date(token.expiresAt),
      last_used_at: null,
      revoked_at: null,
    })
    .execute();
}

/** Notes that a token was revoked; an earlier time stays. */
export async function markTokenRevoked(
  db: Kysely<PrimaryTables>,
  tokenId: string,
  now: number,
): Promise<void> {
  await db
    .updateTable('opsledger.api_tokens')
    .set({ revoked_at: new Date(now) })
    .where('token_id', '=', tokenId)
    .where('revoked_at', 'is', null)
    .execute();
}

/** The tenant that a token belongs to, or undefined for an id that no token has. */
export async function tenantOfToken(db: Kysely<PrimaryTables>, tokenId: string): Promise<string | undefined> {
  const row = await db
    .selectFrom('opsledger.api_tokens')
    .select('tenant_id')
    .where('token_id', '=', tokenId)
    .executeTakeFirst();
  return row?.tenant_id;
}

/** The tokens of a tenant: valid ones first, then the newest first. */
export async function listTokens(
  db: Kysely<PrimaryTables>,
  tenantId: string,
  now: number,
): Promise<readonly TokenRow[]> {
  const rows = await db
    .selectFrom('opsledger.api_tokens')
    .select(['token_id', 'name', 'capabilities', 'created_by', 'created_at'])
    .select(['expires_at', 'last_used_at', 'revoked_at'])
    .where('tenant_id', '=', tenantId)
    .orderBy((row) => row.or([row('revoked_at', 'is not', null), row('expires_at', '<=', new Date(now))]))
    .orderBy('created_at', 'desc')
    .limit(TOKENS_LISTED_MAX)
    .execute();
  return rows.map((row) => ({
    tokenId: row.token_id,
    name: row.name,
    capabilities: row.capabilities,
    expiresAt: row.expires_at.getTime(),
    createdBy: row.created_by,
    createdAt: row.created_at.getTime(),
    lastUsedAt: row.last_used_at?.getTime() ?? null,
    revokedAt: row.revoked_at?.getTime() ?? null,
  }));
}
