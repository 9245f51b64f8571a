import type { Kysely } from 'kysely';
import type { Chance, Clock } from '../../src/clock.js';
import type { PrimaryTables } from '../../src/db/primary-tables.js';
import type { Ledger } from '../../src/ledger/ledger.js';
import { newApiToken } from '../../src/tokens/api-token.js';
import { issueApiToken } from '../../src/tokens/api-tokens.js';

const LIFETIME_MS_DEFAULT = 3_600_000;

/** Issues an API token with any capabilities. Resolves to the token and the log position of its event. */
export async function issueTestToken(
  {
    ledger,
    primary,
    clock,
    chance,
  }: {
    readonly ledger: Ledger;
    readonly primary: Kysely<PrimaryTables>;
    readonly clock: Clock;
    readonly chance: Chance;
  },
  grant: {
    readonly tenantId: string;
    readonly name: string;
    readonly capabilities: readonly string[];
    readonly lifetimeMs?: number;
  },
): Promise<{ readonly token: string; readonly position: number }> {
  const { tenantId, name, capabilities, lifetimeMs = LIFETIME_MS_DEFAULT } = grant;
  const tokenId = chance.uuid();
  const token = newApiToken(tokenId);
  const now = clock.now();
  const position = await issueApiToken(
    { ledger, primary },
    { tenantId, tokenId, token, name, capabilities, expiresAt: now + lifetimeMs },
    { actor: { kind: 'system', id: 'test' }, correlationId: chance.uuid(), now, createdBy: null },
  );
  return { token, position };
}
