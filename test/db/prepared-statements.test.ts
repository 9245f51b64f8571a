import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import t from 'tap';
import { createLiveness } from '../../src/db/liveness.js';
import { createHubPool, createWriterPool, type HubPool } from '../../src/db/pools.js';
import { createStatementNames, PREPARED } from '../../src/db/prepared-statements.js';
import { withoutTenant, withTenant } from '../../src/db/with-tenant.js';
import type { HubDatabase } from '../../src/web/web-dependencies.js';
import { silent, testDatabase } from '../support/database.js';

/** PostgreSQL plans a prepared statement again this often before it may keep a plan. */
const PLANNED_ANEW = 5;

const beats = (hub: HubPool<HubDatabase>, tenantId: string) =>
  withTenant(hub, tenantId, (db) =>
    db.selectFrom('liveness.beats').select('run_id').where('attempt', '>=', 1).modifyEnd(PREPARED).execute(),
  );

async function keptPlans(hub: HubPool<HubDatabase>) {
  const { rows } = await sql<{ plans: number }>`
    select generic_plans as plans from pg_prepared_statements`.execute(hub.pool);
  return rows.map(({ plans }) => Number(plans));
}

t.test(
  'a kept plan sees the rows of the tenant of each transaction, and none without a tenant',
  async (t) => {
    const database = await testDatabase(t);
    const hub = createHubPool<HubDatabase>(database.hubUrl, { logger: silent, connectionsMax: 1 });
    t.teardown(() => hub.close());
    const liveness = createLiveness(database.db);
    const [one, other] = [randomUUID(), randomUUID()];
    await liveness.beat({ tenantId: one, runId: 'run-1', attempt: 1, worker: 'w' });
    await liveness.beat({ tenantId: other, runId: 'run-2', attempt: 1, worker: 'w' });
    for (let time = 0; time <= PLANNED_ANEW; time++) {
      t.same(await beats(hub, one), [{ run_id: 'run-1' }]);
      t.same(await beats(hub, other), [{ run_id: 'run-2' }]);
      t.same(await beats(hub, randomUUID()), []);
      await t.rejects(beats(hub, 'not a tenant'), /invalid input syntax/);
    }
    const [plans = 0, ...further] = await keptPlans(hub);
    t.ok(plans > 0, `the plan was kept and used ${plans} times`);
    t.same(further, [], 'nothing else is prepared');
  },
);

t.test('a kept plan reads the new table when a rebuilt schema takes the place of another', async (t) => {
  const database = await testDatabase(t);
  const options = { logger: silent, connectionsMax: 1, schema: 'served' };
  const hub = createHubPool<HubDatabase>(database.hubUrl, options);
  const admin = createWriterPool(database.adminUrl, { logger: silent, connectionsMax: 1 });
  t.teardown(() => Promise.all([hub.close(), admin.destroy()]));
  const read = () =>
    withoutTenant(hub, (db) =>
      sql<{ id: number }>`select id from things where id > ${0} ${PREPARED}`.execute(db),
    ).then(({ rows }) => rows.map(({ id }) => id));
  for (const [schema, id] of [
    ['served', 1],
    ['next', 2],
  ] as const)
    await sql
      .raw(
        `create schema ${schema}; create table ${schema}.things as select ${id} as id;
         grant usage on schema ${schema} to opsledger_hub; grant select on ${schema}.things to opsledger_hub`,
      )
      .execute(admin);
  for (let time = 0; time <= PLANNED_ANEW; time++) t.same(await read(), [1]);
  t.ok(((await keptPlans(hub))[0] ?? 0) > 0);
  await sql
    .raw(
      'alter schema served rename to replaced; alter schema next rename to served; drop schema replaced cascade',
    )
    .execute(admin);
  t.same(await read(), [2]);
});

t.test('nothing is prepared behind a pooler that changes sessions between transactions', async (t) => {
  const { hubUrl } = await testDatabase(t);
  const options = { logger: silent, connectionsMax: 1, behindPooler: true };
  const hub = createHubPool<HubDatabase>(hubUrl, options);
  t.teardown(() => hub.close());
  t.same(await beats(hub, randomUUID()), []);
  t.same(await keptPlans(hub), []);
});

t.test('only marked statements have names, each its own, and not more than a connection should keep', (t) => {
  const nameOf = createStatementNames();
  const mark = '/* prepared */';
  t.equal(nameOf('select 1'), undefined);
  t.equal(nameOf(`${mark} select 1`), undefined);
  const names = Array.from({ length: 1_000 }, (_, n) => nameOf(`select ${n} ${mark}`));
  t.same(names.slice(0, 2), [nameOf(`select 0 ${mark}`), nameOf(`select 1 ${mark}`)]);
  t.equal(new Set(names).size, 201, '200 names and none for the others');
  t.end();
});
