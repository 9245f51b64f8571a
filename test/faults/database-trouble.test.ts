import t, { type Test } from 'tap';
import { hubProjection } from '../../projections/hub/hub-projection.js';
import { systemClock } from '../../src/clock.js';
import { changesOfRun } from '../support/changing-work.js';
import { testCluster } from '../support/database-cluster.js';
import { createFaultBed, longRun } from '../support/fault-bed.js';
import { rowsAndFold } from '../support/fault-rows.js';
import { skipWithoutNats } from '../support/system-parts.js';

const RUNS = longRun ? 60 : 8;
const AWAY_MS = longRun ? 20_000 : 3_000;
const ITEMS = 3;

t.test('a database in trouble', { skip: skipWithoutNats() }, async (t) => {
  const bed = await createFaultBed(t);
  const projectors = await Promise.all(
    [1, 2].map(() => bed.process({ kind: 'program', roles: ['projector'] })),
  );
  await bed.process({ kind: 'program', roles: ['worker'] });
  let started = 0;
  const startSome = async (what: string) => {
    const begun = Array.from({ length: RUNS }, (_, index) =>
      bed.start(`${what} ${index}`, { items: ITEMS, pauseMs: 150 }),
    );
    started += RUNS;
    await Promise.all(begun);
  };
  const check = async (t: Test) => {
    await bed.settled(started);
    t.same(await bed.broken(), []);
    const { rows, fold } = await rowsAndFold(t, bed);
    t.equal(fold[hubProjection.schema]?.runs?.length, started);
    t.same(rows, fold, 'P5: every row is that of a fresh fold');
  };

  await t.test('X14: PostgreSQL is restarted in mid-batch', async (t) => {
    await startSome('restarted');
    const { server } = await testCluster();
    process.kill(server.serverPid(), 'SIGINT');
    await check(t);
    t.equal(bed.target.effects.length, started * changesOfRun(ITEMS));
  });

  await t.test('X14: PostgreSQL is away, and every worker lives on', async (t) => {
    await startSome('away');
    bed.databaseProxy.goAway();
    await systemClock.sleep(AWAY_MS);
    bed.databaseProxy.heal();
    await check(t);
    t.equal(bed.target.effects.length, started * changesOfRun(ITEMS));
  });

  await t.test('X16: connections are cut after their statements were sent', async (t) => {
    bed.databaseProxy.loseEvery(15);
    await startSome('cut');
    await bed.settled(started);
    t.ok(bed.databaseProxy.lost() > 0, `${bed.databaseProxy.lost()} answers were lost`);
    bed.databaseProxy.heal();
    await check(t);
  });

  await t.test('X17: one of two projectors is killed; the other goes on', async (t) => {
    await startSome('projected');
    projectors[0]?.signal('SIGKILL');
    await check(t);
  });
});
