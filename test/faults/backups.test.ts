import t from 'tap';
import { readBackupSet } from '../../src/entities/backup-set/read-backup-set.js';
import { dueTimesEntity } from '../../src/entities/schedule/due-times.js';
import { startGraphSimulator } from '../../src/graph/simulator/start-graph-simulator.js';
import type { RawEvent } from '../../src/ledger/event-log.js';
import { catalogPolicies, POLICIES } from '../support/captured-set.js';
import { longRun, TENANT } from '../support/fault-bed.js';
import { TIMED_TYPE } from '../support/fault-operations.js';
import { DUE_TIME_LINE } from '../support/fault-task.js';
import { startProductProcesses } from '../support/product-processes.js';
import { skipWithoutNats } from '../support/system-parts.js';
import { until } from '../support/until.js';

/**
 * Goal: schedules start one run a due time, and a backup set holds each policy once, with several processes that are
 * killed meanwhile. Method: real processes on a real event store, PostgreSQL and nats-server; the test moves the time by
 * which schedules come due, and starts everything over the API of two web processes. Only the long tests have it, because
 * it starts many processes; in CI the tests of the scheduler and of filling a set have deaths of their own.
 */
const MINUTE_MS = 60_000;
/** The clocks in Berlin go from two to three at 01:00 UTC. */
const FROM = Date.parse('2027-03-28T00:31Z');
const MINUTES = 60;
/** The minutes at which a worker is killed. */
const KILLED_AT = [15, 30, 45];
const SET_POLICIES = 500;
/** At how many snapshots the worker of the run is killed. */
const KILLED_WITH = [50, 200, 400];
/** How many policies further a request is left without an answer, so that the run can't end before the kill. */
const HANGS_AFTER = 25;
const MINUTELY = 'aaaaaaaa-0000-4000-8000-000000000001';
const NIGHTLY = 'aaaaaaaa-0000-4000-8000-000000000002';
const SET = '5e700000-0000-4000-8000-000000000001';
const ZONE = 'Europe/Berlin';

const name = 'X30: schedules and backups with several processes that are killed';

t.test(name, { skip: longRun ? skipWithoutNats() : 'only in the long tests' }, async (t) => {
  const policies = catalogPolicies(SET_POLICIES);
  const idOf = (policy: number) => String((policies[policy] as { readonly id?: string } | undefined)?.id);
  const simulator = await startGraphSimulator({ source: { content: new Map([[POLICIES, policies]]) } });
  t.teardown(() => simulator.stop());
  const processes = await startProductProcesses(t, simulator.url);
  const { bed, ledger, workers, post, events } = processes;

  await t.test('one run a due time', async (t) => {
    const tell = (at: number) => {
      for (const worker of workers) worker.send(`${DUE_TIME_LINE}${instant(at)}`);
    };
    const timed = { operationType: TIMED_TYPE, given: {}, zone: ZONE, missed: 'skip' };
    const setMinutely = (web: 0 | 1, name: string) =>
      post(web, '/commands/schedule.set', { ...timed, scheduleId: MINUTELY, name, cron: '* * * * *' });
    // Both web processes are told the same at the same time.
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
      tell(at);
      // One of the workers dies while the due time comes.
      if (KILLED_AT.includes(minute)) workers[minute % 2]?.signal('SIGKILL');
      if (minute % 5 === 3) await setMinutely(minute % 2 === 0 ? 0 : 1, `Minutes after ${minute}`);
      await until(() => isStarted(at));
    }
    // The time goes back for a while, and nothing is started again.
    tell(FROM);
    tell(FROM + (MINUTES - 1) * MINUTE_MS);
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
    t.equal(deaths, KILLED_AT.length, 'with the deaths of processes');
  });

  await t.test('a killed process adds nothing twice to a set', async (t) => {
    await post(0, '/commands/backup_set.create', { setId: SET, name: 'Before the change' });
    const choice = { from: 'tenant', policyTypes: ['configurationPolicies'] };
    const input = { setId: SET, choice };
    const { runId } = await post(1, '/runs', { type: 'backup_set.add_policies', input });
    const attempts = async () =>
      (await events('RunStarted')).filter(({ metadata }) => runIdOf(metadata) === runId);
    for (const [kills, captured] of KILLED_WITH.entries()) {
      simulator.failNext({ kind: 'hang', path: idOf(captured + HANGS_AFTER) });
      await until(async () => (await events('SnapshotCaptured')).length >= captured);
      const [attempt] = (await attempts()).slice(-1);
      workers.find(({ name }) => name === workerOf(attempt))?.signal('SIGKILL');
      await until(async () => (await attempts()).length > kills + 1);
    }
    await bed.settled(MINUTES + 2);
    const end = (await events('RunCompleted')).find(({ metadata }) => runIdOf(metadata) === runId);
    const counts = { total: SET_POLICIES, processed: SET_POLICIES, succeeded: SET_POLICIES };
    t.match(end?.data, { counts: { ...counts, failed: 0, skipped: 0 } });
    t.equal((await attempts()).length, KILLED_WITH.length + 1, 'an attempt after each death');
    t.equal((await readBackupSet(ledger, TENANT, SET))?.items.size, SET_POLICIES);
    const added = (await events('BackupItemsAdded')).flatMap(
      ({ data }) => (data as { readonly items: readonly object[] }).items,
    );
    t.equal(added.length, SET_POLICIES, 'each policy was added once');
    const streams = (await events('SnapshotCaptured')).map(({ stream }) => stream);
    t.equal(streams.length, SET_POLICIES, 'and captured once');
    t.equal(new Set(streams).size, SET_POLICIES);
  });

  await processes.stop();
  t.same(await bed.broken(), []);
});

const instant = (at: number): string => new Date(at).toISOString();

const runIdOf = (metadata: unknown): string | undefined => (metadata as { readonly runId?: string }).runId;

const workerOf = (attempt: RawEvent | undefined): string =>
  (attempt?.data as { readonly worker: string } | undefined)?.worker ?? '';

/** The schedule and the due time of a run, if one started it. */
function dueTimeOf({ data }: RawEvent): string[] {
  const { type, scope } = data as {
    readonly type: string;
    readonly scope: { readonly scheduleId: string; readonly dueAt: string };
  };
  return type === TIMED_TYPE ? [`${scope.scheduleId} ${scope.dueAt}`] : [];
}
