import { sql } from 'kysely';
import type { HubPool } from './pools.js';
import type { ReadonlyKysely } from './readonly-kysely.js';

/**
 * Runs a page's queries in one `REPEATABLE READ, READ ONLY` transaction that sees only the rows of `tenantId`, so
 * that everything on the page, also its log position, is from one moment.
 */
export async function withTenant<DB, Result>(
  hub: HubPool<DB>,
  tenantId: string,
  read: (db: ReadonlyKysely<DB>) => Promise<Result>,
): Promise<Result> {
  return readSnapshot(hub, tenantId, read);
}

/** The same without a tenant: tables with rows of tenants appear empty. */
export async function withoutTenant<DB, Result>(
  hub: HubPool<DB>,
  read: (db: ReadonlyKysely<DB>) => Promise<Result>,
): Promise<Result> {
  return readSnapshot(hub, '', read);
}

function readSnapshot<DB, Result>(
  hub: HubPool<DB>,
  tenant: string,
  read: (db: ReadonlyKysely<DB>) => Promise<Result>,
): Promise<Result> {
  return hub.pool
    .transaction()
    .setIsolationLevel('repeatable read')
    .setAccessMode('read only')
    .execute(async (db) => {
      await sql`select set_config('app.tenant', ${tenant}, true)`.execute(db);
      return read(db);
    });
}
