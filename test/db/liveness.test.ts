import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import t from 'tap';
import { createLiveness } from '../../src/db/liveness.js';
import { testDatabase } from '../support/database.js';

const sign = (attempt: number, worker = `worker-${attempt}`) => ({ tenantId, runId: 'run', attempt, worker });
const tenantId = randomUUID();

t.test('every beat changes the sign, also when the database clock is set back', async (t) => {
  const { db } = await testDatabase(t);
  const liveness = createLiveness(db);
  const last = async () => (await liveness.lastSigns([{ tenantId, runId: 'run' }])).get('run');
  t.equal(await last(), undefined);
  t.equal(await liveness.beat(sign(1)), 'noted');
  const first = await last();
  t.equal(await last(), first, 'looking changes nothing');
  await liveness.beat(sign(1));
  const second = await last();
  t.not(second, first);
  await sql`update liveness.beats set beat_at = clock_timestamp() + interval '1 hour'`.execute(db);
  const ahead = await last();
  await liveness.beat(sign(1));
  t.not(await last(), ahead);
});

t.test('the signs of many runs are read at once, each of its own tenant', async (t) => {
  const { db } = await testDatabase(t);
  const liveness = createLiveness(db);
  await liveness.beat(sign(1));
  await liveness.beat({ ...sign(1), runId: 'other' });
  await liveness.beat({ ...sign(1), runId: 'nobody asks' });
  const names = [
    { tenantId, runId: 'run' },
    { tenantId, runId: 'other' },
    { tenantId, runId: 'never beat' },
    { tenantId: randomUUID(), runId: 'nobody asks' },
  ];
  t.same([...(await liveness.lastSigns(names)).keys()].sort(), ['other', 'run']);
  t.equal((await liveness.lastSigns([])).size, 0);
});

t.test('an earlier attempt cannot beat over a later one', async (t) => {
  const { db } = await testDatabase(t);
  const liveness = createLiveness(db);
  await liveness.beat(sign(1));
  t.equal(await liveness.beat(sign(2)), 'noted');
  t.equal(await liveness.beat(sign(1)), 'superseded');
  t.match(await db.selectFrom('liveness.beats').selectAll().execute(), [{ attempt: 2, worker: 'worker-2' }]);
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

t.test('a claim with a sign of life renews it, and no other claim does', async (t) => {
  const { db } = await testDatabase(t);
  const liveness = createLiveness(db);
  const claim = { tenantId, runId: 'run', attempt: 1, workerEnd: '@client' };
  t.equal(await liveness.beatAgain(claim), false, 'there is none yet');
  await liveness.beat(sign(1, 'renewer@client'));
  const last = async () => (await liveness.lastSigns([claim])).get('run');
  const before = await last();
  t.equal(await liveness.beatAgain(claim), true);
  t.not(await last(), before);
  t.equal(await liveness.beatAgain({ ...claim, workerEnd: '@other' }), false, 'another client');
  t.equal(await liveness.beatAgain({ ...claim, attempt: 2 }), false, 'another attempt');
  t.equal(await liveness.beatAgain({ ...claim, tenantId: randomUUID() }), false, 'another tenant');
  t.match(await db.selectFrom('liveness.beats').selectAll().execute(), [{ attempt: 1 }]);
});
