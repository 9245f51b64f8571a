import { sql } from 'kysely';
import pg from 'pg';
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

const BEGIN = 'begin isolation level repeatable read read only';

function readSnapshot<DB, Result>(
  hub: HubPool<DB>,
  tenant: string,
  read: (db: ReadonlyKysely<DB>) => Promise<Result>,
): Promise<Result> {
  return hub.onConnection(async (db) => {
    try {
      // Both statements go to the server at once, because every page waits for them. The second takes the snapshot.
      await sql
        .raw(`${BEGIN}; select set_config('app.tenant', ${pg.escapeLiteral(tenant)}, true)`)
        .execute(db);
      const result = await read(db);
      await sql`commit`.execute(db);
      return result;
    } catch (error) {
      // The connection may be what has failed, and then the page's own error says more.
      await sql`rollback`.execute(db).catch(() => undefined);
      throw error;
    }
  });
}
