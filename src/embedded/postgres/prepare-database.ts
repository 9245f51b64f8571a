import pg from 'pg';
import type { PostgresPasswords } from './credentials.js';

/** Names of the program's database and its two logins. */
export const databaseName = 'opsledger';
export const appRole = 'opsledger';
export const hubRole = 'opsledger_hub';

/**
 * Creates what a new cluster lacks: the login `opsledger`, which owns the database of that name and is no superuser,
 * and the login `opsledger_hub`, which owns nothing. Changes nothing that exists.
 */
export async function prepareDatabase(admin: pg.Client, credentials: PostgresPasswords): Promise<void> {
  await ensureLogin(admin, appRole, credentials.app);
  await ensureLogin(admin, hubRole, credentials.hub);
  await admin.query(`grant ${hubRole} to ${appRole} with inherit false, set true`);
  const { rowCount } = await admin.query('select 1 from pg_database where datname = $1', [databaseName]);
  if (rowCount === 0) await admin.query(`create database ${databaseName} owner ${appRole}`);
}

async function ensureLogin(admin: pg.Client, role: string, password: string): Promise<void> {
  const { rowCount } = await admin.query('select 1 from pg_authid where rolname = $1 and rolcanlogin', [
    role,
  ]);
  if (rowCount !== 0) return;
  const known = await admin.query('select 1 from pg_authid where rolname = $1', [role]);
  const verb = known.rowCount === 0 ? 'create' : 'alter';
  await admin.query(`${verb} role ${role} login password ${pg.escapeLiteral(password)}`);
}
