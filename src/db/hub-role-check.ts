import { sql } from 'kysely';
import type { HubPool } from './pools.js';

/**
 * Throws a sentence when the hub's connections could do more than the hub's role: a superuser or a role that
 * passes row level security behind them would leave only promises where two walls should stand.
 */
export async function assertHubRole<DB>(hub: HubPool<DB>): Promise<void> {
  const { rows } = await sql<{ role: string; unbound: boolean; login: string }>`
    select current_user as role, rolsuper or rolbypassrls as unbound, session_user as login
    from pg_roles where rolname = current_user`.execute(hub.pool);
  const found = rows[0];
  if (found?.role === 'opsledger_hub' && !found.unbound) return;
  throw new Error(
    `The hub reads as ${found?.role ?? 'nobody'} (login ${found?.login ?? 'unknown'}), not as a bound ` +
      'opsledger_hub: point HUB_DATABASE_URL at a login that has no other right.',
  );
}
