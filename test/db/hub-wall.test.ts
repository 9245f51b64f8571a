import { randomUUID } from 'node:crypto';
import { type Kysely, sql } from 'kysely';
import t from 'tap';
import { hubSchemaSql, tenantPolicySql } from '../../src/db/tenant-policy.js';
import { withoutTenant, withTenant } from '../../src/db/with-tenant.js';
import { testDatabase } from '../support/database.js';

const [tenantA, tenantB] = [randomUUID(), randomUUID()];

interface Walled {
  'rm_test.things': { tenant_id: string; name: string };
}

t.test('a read model behind the policy is walled for the hub and open to its owner', async (t) => {
  const database = await testDatabase(t);
  await sql`create schema rm_test`.execute(database.db);
  await sql`create table rm_test.things (tenant_id uuid not null, name text not null)`.execute(database.db);
  for (const statement of [...hubSchemaSql('rm_test'), ...tenantPolicySql('rm_test', 'things')])
    await sql.raw(statement).execute(database.db);
  await sql`insert into rm_test.things values (${tenantA}, 'a'), (${tenantB}, 'b')`.execute(database.db);
  const { rows: all } = await sql`select name from rm_test.things order by name`.execute(database.db);
  t.same(all, [{ name: 'a' }, { name: 'b' }], 'the owner, no superuser, sees and writes every tenant');

  const hub = database.hub<Walled>();
  const names = () =>
    withTenant(hub, tenantA, (db) => db.selectFrom('rm_test.things').select('name').execute());
  t.same(await names(), [{ name: 'a' }]);
  t.same(await withoutTenant(hub, (db) => db.selectFrom('rm_test.things').selectAll().execute()), []);
  t.same(
    await withTenant(hub, tenantA, (db) =>
      db.selectFrom('rm_test.things').select('name').where('tenant_id', '=', tenantB).execute(),
    ),
    [],
  );
});

t.test('the hub can write nothing, on any table found in the catalog', async (t) => {
  const database = await testDatabase(t);
  const hub = database.hub<unknown>();
  const tables = await tablesOf(database.db);
  t.ok(tables.length >= 9, 'the catalog is read');
  for (const table of tables) {
    for (const write of [`delete from ${table}`, `truncate ${table}`, `insert into ${table} default values`])
      await t.rejects(asWriter(hub.pool, write), { code: '42501' }, write);
  }
});

t.test('the hub reads only tables whose policy keeps tenants apart', async (t) => {
  const database = await testDatabase(t);
  const hub = database.hub<unknown>();
  const readable: string[] = [];
  for (const table of await tablesOf(database.db)) {
    const refused = await asWriter(hub.pool, `select from ${table}`).catch(
      ({ code }: { code: string }) => code,
    );
    if (refused !== '42501') readable.push(table);
  }
  const { rows } = await sql<{ name: string }>`
    select polrelid::regclass::text as name from pg_policy join pg_class on pg_class.oid = polrelid
    where polname = 'tenant_wall' and relrowsecurity and relforcerowsecurity`.execute(database.db);
  const ofTenants = rows.map(({ name }) => name).sort();
  t.same(ofTenants, ['liveness.beats']);
  // The parts' reports about themselves belong to no tenant.
  t.same(readable, [...ofTenants, 'liveness.parts']);
});

t.test('the hub can create nothing and take no other role', async (t) => {
  const hub = (await testDatabase(t)).hub<unknown>();
  for (const attempt of [
    'create temporary table mine (x int)',
    'create table public.mine (x int)',
    'create schema mine',
    'set role opsledger',
    'set session authorization opsledger',
    'alter table liveness.beats disable row level security',
    'drop policy tenant_wall on liveness.beats',
  ])
    await t.rejects(asWriter(hub.pool, attempt), { code: /42501|22023/ }, attempt);
  await asWriter(hub.pool, 'set role none');
  const { rows } = await sql`select current_user as name`.execute(hub.pool);
  t.same(rows, [{ name: 'opsledger_hub' }], 'its login is that role, so leaving the role leads nowhere');
});

/** Runs a statement in a transaction that claims to be allowed to write. */
async function asWriter(pool: Kysely<unknown>, statement: string): Promise<void> {
  await pool
    .transaction()
    .setAccessMode('read write')
    .execute((tx) => sql.raw(statement).execute(tx));
}

async function tablesOf<DB>(db: Kysely<DB>): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`
    select schemaname || '.' || tablename as name from pg_tables
    where schemaname in ('opsledger', 'liveness', 'opsledger_migrations') order by 1`.execute(db);
  return rows.map(({ name }) => name);
}
