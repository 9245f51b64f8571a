import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import t from 'tap';
import { createLiveness } from '../../src/db/liveness.js';
import { testDatabase } from '../support/database.js';

const sign = (attempt: number, worker = `worker-${attempt}`) => ({ tenantId, runId: 'run', attempt, worker });
const tenantId = randomUUID();

t.test('ages grow from the last beat, by the database clock', async (t) => {
  const { db } = await testDatabase(t);
  const liveness = createLiveness(db);
  t.equal(await liveness.beat(sign(1)), 'noted');
  await sql`update liveness.beats set beat_at = clock_timestamp() - interval '1 hour'`.execute(db);
  const ageMs = await liveness.ageMs(sign(1));
  t.ok(ageMs >= 3_600_000 && ageMs < 3_660_000, `${ageMs}`);
  t.equal(await liveness.beat(sign(1)), 'noted');
  t.ok((await liveness.ageMs(sign(1))) < 60_000);
  await sql`update liveness.beats set beat_at = clock_timestamp() + interval '1 hour'`.execute(db);
  t.equal(await liveness.ageMs(sign(1)), 0, 'a clock set back makes no negative age');
});

t.test('an earlier attempt cannot beat over a later one', async (t) => {
  const { db } = await testDatabase(t);
  const liveness = createLiveness(db);
  await liveness.beat(sign(1));
  t.equal(await liveness.beat(sign(2)), 'noted');
  t.equal(await liveness.beat(sign(1)), 'superseded');
  t.match(await db.selectFrom('liveness.beats').selectAll().execute(), [{ attempt: 2, worker: 'worker-2' }]);
});

t.test('an attempt that never beat ages from the first look, not from its predecessor', async (t) => {
  const { db } = await testDatabase(t);
  const liveness = createLiveness(db);
  const age = async (attempt: number) => liveness.ageMs(sign(attempt));
  t.ok((await age(1)) < 60_000);
  await sql`update liveness.beats set beat_at = beat_at - interval '1 hour'`.execute(db);
  t.ok((await age(1)) >= 3_600_000, 'looking again changes nothing');
  t.ok((await age(2)) < 60_000);
  t.ok((await age(1)) < 60_000, 'the run is alive in its later attempt');
  t.equal(await liveness.beat(sign(2)), 'noted');
});

t.test('a forgotten run leaves nothing, and a probe writes or rejects', async (t) => {
  const { db } = await testDatabase(t);
  const liveness = createLiveness(db);
  await liveness.beat(sign(1));
  await liveness.forget(tenantId, 'run');
  await liveness.forget(tenantId, 'run');
  t.same(await db.selectFrom('liveness.beats').selectAll().execute(), []);
  await liveness.probe();
  await liveness.probe();
  await sql`alter table liveness.beats rename to hidden`.execute(db);
  await t.rejects(liveness.probe());
});
