import t from 'tap';
import { systemClock } from '../../src/clock.js';
import { LogUnavailableError } from '../../src/ledger/event-log.js';
import { changesOfRun } from '../support/changing-work.js';
import { createFaultBed, longRun } from '../support/fault-bed.js';
import { wholeLog } from '../support/promise-checker.js';
import { skipWithoutNats } from '../support/system-parts.js';
import { until } from '../support/until.js';

const RUNS = longRun ? 60 : 6;
/** One in this many answers is lost, and its connection is cut with everything else on it. */
const LOST_EVERY = 20;
const AWAY_MS = longRun ? 20_000 : 2_500;
const ITEMS = 4;

t.test('an event store in trouble', { skip: skipWithoutNats() }, async (t) => {
  const bed = await createFaultBed(t);
  await Promise.all([
    bed.process({ kind: 'program', roles: ['projector'] }),
    bed.process({ kind: 'program', roles: ['worker'] }),
  ]);
  let started = 0;
  const startUntilAnswered = (key: string) =>
    until(() =>
      bed.start(key, { items: ITEMS }).catch((error: unknown) => {
        if (!(error instanceof LogUnavailableError)) throw error;
      }),
    );

  await t.test('X3: answers to appends are lost after the server committed them', async (t) => {
    bed.storeProxy.loseEvery(1);
    await t.rejects(
      bed.start('never connected', { items: ITEMS }),
      { name: 'LogUnavailableError' },
      'a connection that is cut at its beginning: nothing was recorded',
    );
    bed.storeProxy.loseEvery(LOST_EVERY);
    const keys = Array.from({ length: RUNS }, (_, index) => `lost ${index}`);
    // Each run is started twice at once, so that lost answers and conflicts occur together.
    const asked = [...keys, ...keys].map((key) => bed.start(key, { items: ITEMS }));
    const results = await Promise.allSettled(asked);
    // Both starts of a key may have been told that nothing was recorded; then it is started again, as a person would.
    for (const [index, key] of keys.entries())
      if ([results[index], results[index + RUNS]].every(isAway)) await startUntilAnswered(key);
    await bed.settled(RUNS);
    started = (await wholeLog(bed.log)).filter(({ type }) => type === 'RunQueued').length;
    t.ok(bed.storeProxy.lost() > 0, `${bed.storeProxy.lost()} answers were lost`);
    bed.storeProxy.heal();
    t.same(await bed.broken(), []);
    t.equal(
      bed.target.effects.length,
      started * changesOfRun(ITEMS),
      'every change reached the target, once',
    );
  });

  await t.test('X4: the event store is gone under load', async (t) => {
    const begun = Array.from({ length: RUNS }, (_, index) =>
      bed.start(`away ${index}`, { items: ITEMS, pauseMs: 100 }),
    );
    await Promise.all(begun);
    started += RUNS;
    bed.storeProxy.goAway();
    await t.rejects(bed.starting.head(), { name: 'LogUnavailableError' }, 'its connection is gone');
    const refused = bed.start('while it is away');
    await t.rejects(refused, { name: 'LogUnavailableError' }, 'a start says so');
    await systemClock.sleep(AWAY_MS);
    bed.storeProxy.heal();
    await bed.settled(started);
    t.same(await bed.broken(), []);
    t.equal(
      bed.target.effects.length,
      started * changesOfRun(ITEMS),
      'every change reached the target, once',
    );
  });

  await t.test('X4: the event store process is killed under load', async (t) => {
    const begun = Array.from({ length: RUNS }, (_, index) =>
      bed.start(`killed ${index}`, { items: ITEMS, pauseMs: 100 }),
    );
    await Promise.all(begun);
    started += RUNS;
    process.kill(bed.store.pid, 'SIGKILL');
    await bed.settled(started);
    t.same(await bed.broken(), []);
    t.equal(bed.target.effects.length, started * changesOfRun(ITEMS));
  });
});

const isAway = (result: PromiseSettledResult<unknown> | undefined): boolean =>
  result?.status === 'rejected' && result.reason instanceof LogUnavailableError;
