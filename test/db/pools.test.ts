import { sql } from 'kysely';
import { pino } from 'pino';
import t from 'tap';
import { assertHubRole } from '../../src/db/hub-role-check.js';
import { createHubPool, createWriterPool } from '../../src/db/pools.js';
import { withoutTenant } from '../../src/db/with-tenant.js';
import { silent, testDatabase } from '../support/database.js';

t.test('bigint arrives as a number, and one that a number cannot hold is refused', async (t) => {
  const { db } = await testDatabase(t);
  const { rows } = await sql`
    select 9007199254740991::bigint as most, array[1, null]::bigint[] as list, count(*) as rows,
      date '2026-01-31' as day from opsledger.persons`.execute(db);
  t.same(rows, [{ most: 9007199254740991, list: [1, null], rows: 0, day: '2026-01-31' }]);
  await t.rejects(sql`select 9007199254740992::bigint`.execute(db), RangeError);
  await t.rejects(sql`select array[-9007199254740992]::bigint[]`.execute(db), RangeError);
});

t.test('a connection cut between two queries of a transaction fails that transaction alone', async (t) => {
  const { url, adminUrl } = await testDatabase(t);
  const lines: string[] = [];
  const logger = pino({ level: 'warn' }, { write: (line: string) => lines.push(line) });
  const db = createWriterPool(url, { logger, connectionsMax: 2 });
  const admin = createWriterPool(adminUrl, { logger: silent, connectionsMax: 1 });
  t.teardown(() => Promise.all([db.destroy(), admin.destroy()]));
  const cut = db.transaction().execute(async (tx) => {
    const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(tx);
    await sql`select pg_terminate_backend(${rows[0]?.pid}, 5000)`.execute(admin);
    await sql`select 1`.execute(tx);
  });
  await t.rejects(cut, /terminat|connection/i);
  const { rows } = await sql`select 1 as one`.execute(db);
  t.same(rows, [{ one: 1 }], 'the pool goes on with a new connection');
  t.match(lines.join(''), /connection lost/);
});

t.test('the hub reads as its role, whichever login carries it', async (t) => {
  const { url, hubUrl, adminUrl } = await testDatabase(t);
  for (const [login, carrier] of Object.entries({ hub: hubUrl, program: url })) {
    const hub = createHubPool(carrier, { logger: silent, connectionsMax: 1 });
    await assertHubRole(hub);
    const { rows } = await withoutTenant(hub, (db) =>
      sql`select current_user as role, current_setting('transaction_read_only') as read_only,
        current_setting('transaction_isolation') as isolation,
        current_setting('statement_timeout') as statement_timeout`.execute(db),
    );
    const expected = { role: 'opsledger_hub', read_only: 'on', isolation: 'repeatable read' };
    t.match(rows, [{ ...expected, statement_timeout: '5s' }], login);
    await hub.close();
  }
  const unbound = createHubPool(withOptions(adminUrl, '-c search_path=public'), { logger: silent });
  await assertHubRole(unbound);
  await unbound.close();
});

t.test('a hub role that passes row level security is refused', async (t) => {
  const { adminUrl, hubUrl } = await testDatabase(t);
  const admin = createWriterPool(adminUrl, { logger: silent, connectionsMax: 1 });
  const hub = createHubPool(hubUrl, { logger: silent, connectionsMax: 1 });
  t.teardown(() => Promise.all([admin.destroy(), hub.close()]));
  await sql`alter role opsledger_hub bypassrls`.execute(admin);
  try {
    await t.rejects(assertHubRole(hub), /HUB_DATABASE_URL/);
  } finally {
    await sql`alter role opsledger_hub nobypassrls`.execute(admin);
  }
  await assertHubRole(hub);
});

t.test('options of the connection string are kept, except where the hub is bound', async (t) => {
  const { hubUrl } = await testDatabase(t);
  const options = '-c search_path=liveness -c default_transaction_read_only=off';
  const hub = createHubPool(withOptions(hubUrl, options), { logger: silent, connectionsMax: 1 });
  t.teardown(() => hub.close());
  const { rows } = await sql`select current_setting('search_path') as path,
    current_setting('default_transaction_read_only') as read_only`.execute(hub.pool);
  t.same(rows, [{ path: 'liveness', read_only: 'on' }]);
});

function withOptions(url: string, options: string): string {
  const parsed = new URL(url);
  parsed.searchParams.set('options', options);
  return parsed.href;
}
