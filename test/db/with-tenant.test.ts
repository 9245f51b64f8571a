import { randomUUID } from 'node:crypto';
import { type QueryExecutorProvider, sql } from 'kysely';
import t from 'tap';
import { createLiveness } from '../../src/db/liveness.js';
import { createHubPool } from '../../src/db/pools.js';
import { withoutTenant, withTenant } from '../../src/db/with-tenant.js';
import { lastBeat } from '../../src/web/hub/run-detail.js';
import type { HubDatabase } from '../../src/web/web-dependencies.js';
import { silent, testDatabase } from '../support/database.js';

const [tenantA, tenantB] = [randomUUID(), randomUUID()];
const beatsOf = (tenantId: string, runId: string) => ({ tenantId, runId, attempt: 1, worker: 'w' });

t.test('a page sees the rows of its tenant alone, and none without a tenant', async (t) => {
  const database = await testDatabase(t);
  const hub = database.hub<HubDatabase>();
  const liveness = createLiveness(database.db);
  await liveness.beat(beatsOf(tenantA, 'run-a'));
  await liveness.beat(beatsOf(tenantB, 'run-b'));
  const runs = (tenantId: string) =>
    withTenant(hub, tenantId, (db) => db.selectFrom('liveness.beats').select('run_id').execute());
  t.same(await runs(tenantA), [{ run_id: 'run-a' }]);
  t.same(await runs(tenantB), [{ run_id: 'run-b' }]);
  t.same(await runs(randomUUID()), []);
  t.same(await withoutTenant(hub, (db) => db.selectFrom('liveness.beats').selectAll().execute()), []);
  t.same(
    await hub.pool.selectFrom('liveness.beats').selectAll().execute(),
    [],
    'nothing outlives a transaction',
  );
  t.ok(await withTenant(hub, tenantA, (db) => lastBeat(db, 'run-a')));
  t.equal(await withTenant(hub, tenantB, (db) => lastBeat(db, 'run-a')), null);
});

t.test('a page sees one moment, whatever is written while it reads', async (t) => {
  const database = await testDatabase(t);
  const hub = database.hub<HubDatabase>();
  const liveness = createLiveness(database.db);
  await withTenant(hub, tenantA, async (db) => {
    await liveness.beat(beatsOf(tenantA, 'written-meanwhile'));
    t.equal(await lastBeat(db, 'written-meanwhile'), null);
  });
  t.ok(await withTenant(hub, tenantA, (db) => lastBeat(db, 'written-meanwhile')));
});

t.test('a page that fails ends its transaction and gives its connection back', async (t) => {
  const hub = (await testDatabase(t)).hub<HubDatabase>();
  for (let page = 0; page < 10; page += 1)
    await t.rejects(
      withTenant(hub, tenantA, (db) => sql`select 1 / 0`.execute(db)),
      /division by zero/,
    );
  await t.rejects(
    withTenant(hub, 'not a tenant', (db) => lastBeat(db, 'x')),
    /invalid input syntax/,
  );
  t.equal(await withTenant(hub, tenantA, (db) => lastBeat(db, 'x')), null);
});

t.test(
  'statements sent together keep their order, and an error of one is the error of the page',
  async (t) => {
    const database = await testDatabase(t);
    const hub = createHubPool<HubDatabase>(database.hubUrl, { logger: silent, connectionsMax: 1 });
    t.teardown(() => hub.close());
    const number = (db: QueryExecutorProvider, n: number) =>
      sql<{ n: number }>`select ${n}::int as n, pg_sleep(${n === 0 ? 0.05 : 0})`.execute(db);
    const numbers = await withTenant(hub, tenantA, (db) =>
      Promise.all(Array.from({ length: 20 }, (_, n) => number(db, n))),
    );
    t.same(
      numbers.map(({ rows }) => rows[0]?.n),
      Array.from({ length: 20 }, (_, n) => n),
    );
    const failing = withTenant(hub, tenantA, (db) =>
      Promise.all([
        number(db, 1),
        sql`select 1 / 0`.execute(db),
        number(db, 2),
        sql`select 'x'::int`.execute(db),
      ]),
    );
    await t.rejects(failing, /division by zero/);
    t.equal(
      await withTenant(hub, tenantA, (db) => lastBeat(db, 'x')),
      null,
      'the connection is as good as new',
    );
  },
);

t.test('a statement after the end of its page is refused', async (t) => {
  const database = await testDatabase(t);
  const hub = createHubPool<HubDatabase>(database.hubUrl, { logger: silent, connectionsMax: 1 });
  t.teardown(() => hub.close());
  const late = await withTenant(hub, tenantA, async (db) => () => lastBeat(db, 'x'));
  await withTenant(hub, tenantB, async (db) => {
    await t.rejects(late(), /after the end/);
    t.equal(await lastBeat(db, 'x'), null);
  });
});
