import type { Kysely } from 'kysely';
import type { PrimaryTables } from '../db/primary-tables.js';
import { typedName } from '../entities/typed-text.js';
import type { Ledger } from '../ledger/ledger.js';
import type { TenantChange } from '../tenancy/tenant-commands.js';
import { TOKEN_NAME_LENGTH_MAX } from '../tenancy/token-events.js';
import { issuesInWords } from '../wording/issue-words.js';
import { hashApiToken } from './api-token.js';
import { issueToken, revokeToken, type TokenGrant } from './token-commands.js';
import { markTokenRevoked, storeToken } from './token-rows.js';

const tokenName = typedName(TOKEN_NAME_LENGTH_MAX, 'Give it a name');

/** An act on a token. `now` is in milliseconds since 1970. */
type TokenChange = TenantChange & { readonly now: number };

/** The name of a token in the form in which it is stored, or why it can't be one, as a sentence. */
export function readTokenName(text: string): { readonly name: string } | { readonly problem: string } {
  const { data, error } = tokenName.safeParse(text);
  return error ? { problem: issuesInWords(error) } : { name: data };
}

/**
 * Issues a token that `newApiToken` has made. Resolves to the log position. `createdBy` is the id of a person, or null.
 * Errors: TenantRefusal.
 */
export async function issueApiToken(
  { ledger, primary }: { readonly ledger: Ledger; readonly primary: Kysely<PrimaryTables> },
  { tenantId, token, ...grant }: TokenGrant & { readonly tenantId: string; readonly token: string },
  { createdBy, ...change }: TokenChange & { readonly createdBy: string | null },
): Promise<number> {
  // The event is appended first, so that a crash before the token is stored leaves no usable token without an event.
  const position = await issueToken(ledger, tenantId, grant, change);
  const stored = { ...grant, tenantId, tokenHash: hashApiToken(token), createdAt: change.now };
  await storeToken(primary, stored, createdBy);
  return position;
}

/** Revokes a token for every process. Resolves to the log position. Errors: TenantRefusal. */
export async function revokeApiToken(
  { ledger, primary }: { readonly ledger: Ledger; readonly primary: Kysely<PrimaryTables> },
  { tenantId, tokenId }: { readonly tenantId: string; readonly tokenId: string },
  change: TokenChange,
): Promise<number> {
  const position = await revokeToken(ledger, tenantId, tokenId, change);
  await markTokenRevoked(primary, tokenId, change.now);
  return position;
}
