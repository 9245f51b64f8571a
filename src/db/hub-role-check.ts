import { sql } from 'kysely';
import type { HubPool } from './pools.js';

/**
 * Throws an error with a sentence when the hub's connections have more rights than the hub's role: for a
 * superuser, or a role that bypasses row level security, the database would not enforce the tenant boundary.
 */
export async function assertHubRole<DB>(hub: HubPool<DB>): Promise<void> {
  const { rows } = await sql<{ role: string; has_more_rights: boolean; login: string }>`
    select current_user as role, rolsuper or rolbypassrls as has_more_rights, session_user as login
    from pg_roles where rolname = current_user`.execute(hub.pool);
  const found = rows[0];
  if (found?.role === 'opsledger_hub' && !found.has_more_rights) return;
  throw new Error(
    `The hub's connections have the role ${found?.role ?? '(none)'} (login ${found?.login ?? 'unknown'}), which may ` +
      'read every tenant. Point HUB_DATABASE_URL at a login that has the role opsledger_hub and no other right.',
  );
}
