import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { type Kysely, sql } from 'kysely';
import t from 'tap';
import { allMigrations } from '../../migrations/all-migrations.js';
import { packageRoot } from '../../src/app-version.js';
import { MigrationError, migrateDown, migrateToLatest } from '../../src/db/migrate.js';
import { createWriterPool } from '../../src/db/pools.js';
import { silent, testDatabase } from '../support/database.js';
import { catalogOf } from '../support/database-catalog.js';
import { startModule } from '../support/start-module.js';

const names = Object.keys(allMigrations);

t.test('every file in migrations/ is in the list, in the order of application', async (t) => {
  const files = await readdir(path.join(packageRoot, 'migrations'));
  const numbered = files.filter((file) => /^\d/.test(file)).map((file) => file.replace(/\.ts$/, ''));
  t.same(names, numbered.sort());
});

t.test('each migration, undone, leaves the catalog as it was; done again, the same as before', async (t) => {
  const { db } = await testDatabase(t);
  const newest = await catalogOf(db);
  await migrateDown(db, names.length);
  const empty = await catalogOf(db);
  t.notMatch(JSON.stringify(empty), /persons|artifacts|beats/);
  const before: unknown[] = [];
  for (let applied = 0; applied < names.length; applied += 1) {
    before.push(await catalogOf(db));
    await migrateUpTo(db, applied + 1);
  }
  t.same(await catalogOf(db), newest);
  for (const catalog of before.reverse()) {
    await migrateDown(db);
    t.same(await catalogOf(db), catalog);
  }
  t.same(await migrateToLatest(db), names);
  t.same(await catalogOf(db), newest);
  t.same(await migrateToLatest(db), [], 'nothing left to do');
});

t.test('processes that start at the same time migrate once', async (t) => {
  const { db, url } = await testDatabase(t);
  await migrateDown(db, names.length);
  await sql`drop schema opsledger_migrations cascade`.execute(db);
  const module = new URL('../support/migrate-process.js', import.meta.url);
  const outputs = await Promise.all([1, 2].map(() => startModule(module, [url]).output()));
  const applied = outputs.map((output) => JSON.parse(output) as string[]);
  t.same(applied.flat().sort(), names);
  t.equal(applied.filter((list) => list.length > 0).length, 1);
});

t.test('schemas that a projector creates and drops meanwhile do not prevent a start', async (t) => {
  const { db } = await testDatabase(t);
  let over = false;
  const building = (async () => {
    let builds = 0;
    for (; !over; builds++) {
      await sql`create schema build_next create table build_next.rows (id int)`.execute(db);
      await sql`drop schema build_next cascade`.execute(db);
    }
    return builds;
  })();
  for (let start = 0; start < 60; start++) t.same(await migrateToLatest(db), []);
  over = true;
  t.ok((await building) > 0);
});

t.test('a database that a newer program migrated is refused in a sentence', async (t) => {
  const { db } = await testDatabase(t);
  await sql`insert into opsledger_migrations.kysely_migration values ('9999-from-the-future', now())`.execute(
    db,
  );
  await t.rejects(migrateToLatest(db), MigrationError);
  await t.rejects(migrateToLatest(db), { message: /another version of Opsledger/ });
});

t.test('the error of a login that may not create the role says what to ask for', async (t) => {
  const { db, adminUrl, url } = await testDatabase(t);
  await migrateDown(db, names.length);
  const admin = createWriterPool(adminUrl, { logger: silent, connectionsMax: 1 });
  const login = `poor_${Date.now()}`;
  await sql.raw(`create role ${login} login password 'poor'`).execute(admin);
  t.teardown(async () => {
    await sql.raw(`drop owned by ${login}; drop role ${login}`).execute(admin);
    await admin.destroy();
  });
  await sql.raw(`grant create on database ${new URL(url).pathname.slice(1)} to ${login}`).execute(admin);
  await sql`drop schema opsledger_migrations cascade`.execute(db);
  const poorUrl = new URL(url);
  poorUrl.username = login;
  poorUrl.password = 'poor';
  const poor = createWriterPool(poorUrl.href, { logger: silent, connectionsMax: 2 });
  t.teardown(() => poor.destroy());
  await t.rejects(migrateToLatest(poor), { message: /grant opsledger_hub to/ });
});

/** Leaves the first `count` migrations applied. */
async function migrateUpTo<DB>(db: Kysely<DB>, count: number): Promise<void> {
  await migrateToLatest(db);
  await migrateDown(db, names.length - count);
}
