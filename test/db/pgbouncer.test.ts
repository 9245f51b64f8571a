import { sql } from 'kysely';
import t from 'tap';
import { PoolerRefusalError } from '../../src/db/database-trouble.js';
import { assertHubRole } from '../../src/db/hub-role-check.js';
import { assertSettingsKept, createHubPool, createWriterPool } from '../../src/db/pools.js';
import { withTenant } from '../../src/db/with-tenant.js';
import { silent, testDatabase } from '../support/database.js';
import { startPgBouncer } from '../support/pgbouncer.js';
import { skipWithoutPgBouncer } from '../support/system-parts.js';

/** PostgreSQL behind a real PgBouncer in transaction mode. */

const TENANTS = Array.from({ length: 12 }, (_, index) =>
  `${index}`.padStart(8, '0').concat('-0000-4000-8000-000000000000'),
);

t.test(
  'settings, the hub’s role and its tenant hold by transaction',
  { skip: skipWithoutPgBouncer() },
  async (t) => {
    const { url, hubUrl } = await testDatabase(t);
    const bouncer = await startPgBouncer(t, [url, hubUrl]);
    const options = { logger: silent, behindPooler: true, connectionsMax: 12 };
    const db = createWriterPool(bouncer.through(url), options);
    t.teardown(() => db.destroy());
    await assertSettingsKept(db);
    await sql`
    insert into liveness.beats (tenant_id, run_id, attempt, worker)
    select tenant::uuid, 'run of ' || tenant, 1, 'test' from unnest(${TENANTS}::text[]) as tenant`.execute(
      db,
    );

    for (const [login, through] of [
      ['the program’s', url],
      ['the hub’s', hubUrl],
    ] as const) {
      const hub = createHubPool(bouncer.through(through), options);
      t.teardown(() => hub.close());
      await assertHubRole(hub);
      // More readers than the pooler has connections, so that they take turns on them.
      const seen = await Promise.all(
        TENANTS.map((tenantId) =>
          withTenant(hub, tenantId, async (read) => {
            await sql`select pg_sleep(0.02)`.execute(read);
            const { rows } = await sql<{ tenant: string; role: string; timeout: string }>`
            select tenant_id as tenant, current_user as role, current_setting('statement_timeout') as timeout
            from liveness.beats`.execute(read);
            return rows;
          }),
        ),
      );
      t.same(
        seen,
        TENANTS.map((tenant) => [{ tenant, role: 'opsledger_hub', timeout: '5s' }]),
        `with ${login} login each sees its own tenant`,
      );
      const write = withTenant(hub, TENANTS[0] ?? '', (read) =>
        sql`delete from liveness.beats`.execute(read),
      );
      await t.rejects(write, /read-only|permission denied/);
    }
    const { rows } =
      await sql`select current_user as role, current_setting('statement_timeout') as timeout`.execute(db);
    t.same(rows, [{ role: 'opsledger', timeout: '5min' }], 'nothing of it stays on the connection');
  },
);

t.test(
  'without a session address it is refused in a sentence',
  { skip: skipWithoutPgBouncer() },
  async (t) => {
    const { url } = await testDatabase(t);
    const strict = await startPgBouncer(t, [url]);
    const lenient = await startPgBouncer(t, [url], ['ignore_startup_parameters = options']);
    for (const bouncer of [strict, lenient]) {
      const db = createWriterPool(bouncer.through(url), { logger: silent });
      await t.rejects(assertSettingsKept(db), PoolerRefusalError);
      await db.destroy();
    }
    t.match(new PoolerRefusalError().message, 'set DATABASE_SESSION_URL to the server itself');
  },
);
