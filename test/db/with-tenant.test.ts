import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import t from 'tap';
import { createLiveness } from '../../src/db/liveness.js';
import { withoutTenant, withTenant } from '../../src/db/with-tenant.js';
import { lastBeat } from '../../src/web/hub/run-detail.js';
import type { HubDatabase } from '../../src/web/web-dependencies.js';
import { testDatabase } from '../support/database.js';

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
