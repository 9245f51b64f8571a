import t from 'tap';
import { dueTimesEntity } from '../../src/entities/schedule/due-times.js';
import type { RawEvent } from '../../src/ledger/event-log.js';
import { longRun, TENANT } from '../support/fault-bed.js';
import { TIMED_TYPE } from '../support/fault-operations.js';
import { DUE_TIME_LINE } from '../support/fault-task.js';
import { startProductProcesses } from '../support/product-processes.js';
import { skipWithoutNats } from '../support/system-parts.js';
import { until } from '../support/until.js';

/**
 * Goal: schedules start one run a due time, over a change of the clocks and with workers that are killed. Method: real
 * processes on a real event store, PostgreSQL and nats-server; the test moves the time by which schedules come due, and
 * sets them over the API of two web processes. Only
 * the long tests have it, because it starts many processes; in CI the tests of the scheduler have deaths of their own.
 */
const MINUTE_MS = 60_000;
/** The clocks in Berlin go from two to three at 01:00 UTC. */
const FROM = Date.parse('2027-03-28T00:31Z');
const MINUTES = 60;
/** The minutes at which a worker is killed. */
const KILLED_AT = [15, 30, 45];
const MINUTELY = 'aaaaaaaa-0000-4000-8000-000000000001';
const NIGHTLY = 'aaaaaaaa-0000-4000-8000-000000000002';
const ZONE = 'Europe/Berlin';
/** Nothing listens there; the runs of this test ask Graph for nothing. */
const NO_GRAPH = 'http://127.0.0.1:9';

const name = 'X33: an hour of due times with several processes that are killed';

t.test(name, { skip: longRun ? skipWithoutNats() : 'only in the long tests' }, async (t) => {
  const processes = await startProductProcesses(t, NO_GRAPH);
  const { bed, ledger, workers, post, events } = processes;
  const setDueTime = (at: number) => {
    for (const worker of workers) worker.send(`${DUE_TIME_LINE}${instant(at)}`);
  };
  const timed = { operationType: TIMED_TYPE, given: {}, zone: ZONE, missed: 'skip' };
  const setMinutely = (web: 0 | 1, name: string) =>
    post(web, '/commands/schedule.set', { ...timed, scheduleId: MINUTELY, name, cron: '* * * * *' });
  // Both web processes get the same command at the same time.
  await Promise.all([setMinutely(0, 'Minutes'), setMinutely(1, 'Minutes')]);
  const nightly = { ...timed, scheduleId: NIGHTLY, name: 'Nights', cron: '30 2 * * *' };
  await post(1, '/commands/schedule.set', nightly);

  const isStarted = async (at: number) => {
    const last = await ledger.last(dueTimesEntity.stream(TENANT, MINUTELY));
    const { dueAt } = (last?.data ?? {}) as { readonly dueAt?: string };
    return last?.type === 'DueTimeStarted' && dueAt === instant(at);
  };
  for (let minute = 0; minute < MINUTES; minute++) {
    const at = FROM + minute * MINUTE_MS;
    setDueTime(at);
    // One of the workers dies while the due time comes.
    if (KILLED_AT.includes(minute)) workers[minute % 2]?.signal('SIGKILL');
    if (minute % 5 === 3) await setMinutely(minute % 2 === 0 ? 0 : 1, `Minutes after ${minute}`);
    await until(() => isStarted(at));
  }
  // The time goes back for a while, and nothing is started again.
  setDueTime(FROM);
  setDueTime(FROM + (MINUTES - 1) * MINUTE_MS);
  await bed.settled(MINUTES + 1);

  const minutes = Array.from({ length: MINUTES }, (_, minute) => instant(FROM + minute * MINUTE_MS));
  t.strictSame(
    (await events('RunQueued')).flatMap(dueTimeOf).sort(),
    [
      ...minutes.map((at) => `${MINUTELY} ${at}`),
      // Half past two doesn't exist that night.
      `${NIGHTLY} 2027-03-28T01:00:00.000Z`,
    ],
    'one run for each',
  );
  const deaths = workers.reduce((sum, worker) => sum + worker.deaths(), 0);
  t.equal(deaths, KILLED_AT.length, 'the processes were killed');
  await processes.stop();
  t.same(await bed.broken(), []);
});

const instant = (at: number): string => new Date(at).toISOString();

/** The schedule and the due time of a run, if one started it. */
function dueTimeOf({ data }: RawEvent): string[] {
  const { type, scope } = data as {
    readonly type: string;
    readonly scope: { readonly scheduleId: string; readonly dueAt: string };
  };
  return type === TIMED_TYPE ? [`${scope.scheduleId} ${scope.dueAt}`] : [];
}
