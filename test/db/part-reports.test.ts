import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import t from 'tap';
import { createLiveness } from '../../src/db/liveness.js';
import { createPartReports } from '../../src/db/part-reports.js';
import { createWaitingTimes } from '../../src/db/waiting-times.js';
import { testDatabase } from '../support/database.js';

const tenantId = randomUUID();

t.test('parts report what they are, until they stop', async (t) => {
  const { db } = await testDatabase(t);
  const reports = createPartReports(db);
  const worker = { part: 'worker', name: 'w-1', appVersion: '1.0.0', types: ['a.b'], runsInHand: 2 } as const;
  await reports.put(worker);
  await reports.put({ part: 'watchdog', name: 'w-1', appVersion: '1.0.0', trouble: 'away' });
  const listed = await reports.list();
  t.match(listed, [{ part: 'watchdog', trouble: 'away' }, worker]);
  t.ok(listed.every(({ silentMs }) => silentMs >= 0 && silentMs < 60_000));
  await reports.put({ ...worker, runsInHand: 3 });
  await reports.remove('watchdog', 'w-1');
  t.match(await reports.list(), [{ part: 'worker', runsInHand: 3 }]);
});

t.test('waiting times of processes are added, and begin again with another attempt', async (t) => {
  const { db } = await testDatabase(t);
  const run = { tenantId, runId: 'run', attempt: 0, addedMs: 1_000.5 };
  const other = { ...run, runId: 'other' };
  t.same([...(await createWaitingTimes(db).add([]))], []);
  await createWaitingTimes(db).add([run, other]);
  t.same(Object.fromEntries(await createWaitingTimes(db).add([run])), { run: 2_001 });
  t.same(Object.fromEntries(await createWaitingTimes(db).add([{ ...run, attempt: 1 }, other])), {
    run: 1_000.5,
    other: 2_001,
  });
});

t.test('a verdict holds as long as the sign does not change', async (t) => {
  const { db } = await testDatabase(t);
  const liveness = createLiveness(db);
  const run = { tenantId, runId: 'run', attempt: 1 };
  t.equal(await liveness.notedSilenceMs(run), 0);
  await liveness.recordSilence({ ...run, sign: '', silentMs: 16_000 });
  t.equal(await liveness.notedSilenceMs(run), 16_000, 'it never beat');
  await liveness.beat({ ...run, worker: 'w' });
  t.equal(await liveness.notedSilenceMs(run), 0, 'a beat ends the silence');
  const sign = (await liveness.lastSigns([run])).get('run') ?? '';
  await liveness.recordSilence({ ...run, sign, silentMs: 17_000 });
  t.equal(await liveness.notedSilenceMs(run), 17_000);
  t.equal(await liveness.notedSilenceMs({ ...run, attempt: 2 }), 0, 'another attempt');
  await liveness.forget(tenantId, 'run');
  t.equal(await liveness.notedSilenceMs(run), 0);
});

t.test('rows that were not renewed for a day are removed', async (t) => {
  const { db } = await testDatabase(t);
  const [liveness, reports, waits] = [createLiveness(db), createPartReports(db), createWaitingTimes(db)];
  const leave = async (runId: string) => {
    await liveness.beat({ tenantId, runId, attempt: 1, worker: 'w' });
    await liveness.recordSilence({ tenantId, runId, attempt: 1, sign: '', silentMs: 1 });
    await waits.add([{ tenantId, runId, attempt: 1, addedMs: 1 }]);
    await reports.put({ part: 'worker', name: runId, appVersion: '1.0.0' });
  };
  await leave('old');
  for (const [table, age] of [
    ['parts', 'said_at'],
    ['verdicts', 'said_at'],
    ['waits', 'said_at'],
    ['beats', 'beat_at'],
  ])
    await sql`update ${sql.id('liveness', table ?? '')} set ${sql.id(age ?? '')} = clock_timestamp() - interval '25 hours'`.execute(
      db,
    );
  await leave('new');
  await reports.clearOld();
  for (const [table, column] of [
    ['parts', 'name'],
    ['verdicts', 'run_id'],
    ['waits', 'run_id'],
    ['beats', 'run_id'],
  ]) {
    const { rows } =
      await sql`select ${sql.id(column ?? '')} as name from ${sql.id('liveness', table ?? '')}`.execute(db);
    t.same(rows, [{ name: 'new' }], table ?? '');
  }
});
