import { pino } from 'pino';
import t, { type Test } from 'tap';
import { z } from 'zod';
import type { CommandBus } from '../../src/bus/command-bus.js';
import { systemChance, systemClock } from '../../src/clock.js';
import { dueTimesEntity } from '../../src/entities/schedule/due-times.js';
import {
  pauseSchedule,
  resumeSchedule,
  type ScheduleSettings,
} from '../../src/entities/schedule/schedule.js';
import type { EventLog } from '../../src/ledger/event-log.js';
import { isEvent, type RecordedEvent } from '../../src/ledger/event-registry.js';
import { createEventStoreLog } from '../../src/ledger/event-store-log.js';
import { createLedger, type Ledger } from '../../src/ledger/ledger.js';
import { EMPTY_HEAD, headAfter } from '../../src/ledger/stream-head.js';
import { defineOperation } from '../../src/operations/define.js';
import { createOperationRegistry } from '../../src/operations/registry.js';
import { schedulable } from '../../src/operations/schedulable.js';
import { schedulableTypes, setScheduleFor } from '../../src/operations/set-schedule.js';
import { productEvents } from '../../src/program/product-events.js';
import { RunQueued } from '../../src/runs/run-events.js';
import { ScheduleDirectory } from '../../src/scheduler/schedule-directory.js';
import { createScheduler } from '../../src/scheduler/scheduler.js';
import { testStore } from '../embedded/event-store/support/test-store.js';
import { endRun } from '../support/end-run.js';
import { noArtifacts } from '../support/no-artifacts.js';
import { createSeededChance, type SeededChance } from '../support/seeded-chance.js';
import { until } from '../support/until.js';

/**
 * Goal: one run a due time, with several processes that each act as the only scheduler, that die between any two
 * appends, and with a clock that jumps. Method: each process has its own connection to one event store over its
 * protocol; the time by which schedules come is a number that the test moves.
 */
const TENANT = '11111111-1111-4111-8111-111111111111';
const PERSON = '22222222-2222-4222-8222-222222222222';
const MINUTE_MS = 60_000;
const ZONE = 'Europe/Berlin';
const logger = pino({ level: 'silent' });

const base = {
  label: 'Test',
  description: 'Test',
  itemisedBy: 'item',
  context: z.strictObject({}),
  handle: async () => ({ summary: '', related: [] }),
} as const;
const planned = <Scope>(scope: Scope) => ({
  plan: { scope, context: {}, title: 'Test', total: null, related: [] },
});
const timed = { given: z.strictObject({}), fields: [], leastEveryMs: MINUTE_MS, inWords: () => 'a test' };

const dueStart = z.strictObject({ scheduleId: z.string(), dueAt: z.string() });

/** The scope of one type is the due time, that of another is always the same, and a third one refuses every start. */
const operations = createOperationRegistry([
  defineOperation({
    ...base,
    type: 'test.timed',
    input: dueStart,
    scope: dueStart,
    schedulable: schedulable({ ...timed, inputOf: (_, due) => due, oncePerDueTime: true }),
    plan: async (due) => planned(due),
  }),
  defineOperation({
    ...base,
    type: 'test.fixed',
    input: z.strictObject({}),
    scope: z.strictObject({}),
    schedulable: schedulable({ ...timed, inputOf: () => ({}) }),
    plan: async () => planned({}),
  }),
  defineOperation({
    ...base,
    type: 'test.refused',
    input: z.strictObject({}),
    scope: z.strictObject({}),
    schedulable: schedulable({ ...timed, inputOf: () => ({}) }),
    plan: async () => ({ refusal: { code: 'not_connected', message: 'This tenant is not connected.' } }),
  }),
]);
const setSchedule = setScheduleFor(schedulableTypes(operations.values()));

class Died extends Error {
  override readonly name = 'Died';
}

/** A log with which a process dies now and then, before an append is sent or before its answer arrives. */
function dyingLog(log: EventLog, chance: SeededChance): EventLog {
  let dead = false;
  return {
    ...log,
    async append(...args) {
      const death = chance.below(12);
      if (dead || death === 0) {
        dead = true;
        throw new Died('before the append');
      }
      const appended = await log.append(...args);
      if (death === 1) {
        dead = true;
        throw new Died('after the append');
      }
      return appended;
    },
  };
}

async function setUp(t: Test) {
  const { store } = await testStore(t);
  const log = createEventStoreLog({ url: store.url });
  t.teardown(() => log.close());
  const parts = { clock: systemClock, chance: systemChance };
  const ledger = createLedger({ ...parts, log, events: productEvents });
  const schedules = new ScheduleDirectory({ ...parts, ledger, logger });
  t.teardown(() => schedules.stop());
  await schedules.start();
  const bus: CommandBus = {
    async publish({ runId, type }) {
      if (type === 'test.fixed') await endRun(ledger, TENANT, runId);
      return 'published';
    },
    consume: () => {
      throw new TypeError('nobody consumes');
    },
    health: () => ({ ok: true, detail: '' }),
    close: async () => undefined,
  };
  let now = 0;
  const scheduler = (ownLedger: Ledger, ownLogger = logger) =>
    createScheduler({
      schedules,
      starts: {
        ledger: ownLedger,
        bus,
        operations,
        clock: systemClock,
        logger,
        publishTimeoutMs: 1_000,
        artifacts: noArtifacts,
      },
      directory: { tenant: () => undefined },
      lease: { hold: async () => true },
      now: async () => now,
      logger: ownLogger,
    });
  /** A worker process: it shares nothing with others but the log. Its pass resolves to whether it survived. */
  const process = (chance?: SeededChance) => {
    const own = chance ? dyingLog(log, chance) : log;
    const pass = scheduler(createLedger({ ...parts, log: own, events: productEvents }));
    return async () => {
      try {
        await pass(new AbortController().signal);
        return true;
      } catch (error) {
        if (!(error instanceof Died)) throw error;
        return false;
      }
    };
  };
  const command = {
    tenantId: TENANT,
    actor: { kind: 'member', id: PERSON },
    correlationId: 'c',
    now: 0,
  } as const;
  return {
    ledger,
    scheduler,
    process,
    command,
    async set(scheduleId: string, settings: Partial<ScheduleSettings>): Promise<void> {
      const given = {
        scheduleId,
        name: 'Test',
        operationType: 'test.timed',
        given: {},
        cron: '* * * * *',
        zone: ZONE,
        missed: 'skip' as const,
        ...settings,
      };
      const outcome = await setSchedule.carryOut(ledger, given, command);
      if (outcome.kind === 'refused') throw new Error(outcome.message);
      await until(() => schedules.atWork().some((one) => one.settings.name === given.name));
    },
    setNow(text: string) {
      now = Date.parse(text);
    },
    moveNow(ms: number) {
      now += ms;
    },
    /** Records a start by hand that stands for a time to come. */
    async startedByHand(scheduleId: string): Promise<void> {
      const stream = dueTimesEntity.stream(TENANT, scheduleId);
      const last = await ledger.last(stream);
      const data = {
        dueAt: new Date(now + 5 * MINUTE_MS).toISOString(),
        runId: `${'0'.repeat(32)}-0`,
        initiator: { kind: 'member', personId: PERSON },
        joined: false,
      };
      await ledger.append(
        stream,
        last ? headAfter(last) : EMPTY_HEAD,
        [{ type: 'ScheduleStartedByHand', data }],
        {
          tenantId: TENANT,
          actor: { kind: 'worker', id: 'w' },
          correlationId: 'c',
          causationId: 'c',
        },
      );
    },
    /** What became of a schedule's due times, as `<time> <what>`. */
    async outcomes(scheduleId: string): Promise<readonly string[]> {
      const outcomes: string[] = [];
      for await (const event of ledger.read(dueTimesEntity.stream(TENANT, scheduleId)))
        if (isEvent(event, ...dueTimesEntity.events)) {
          const { data, type } = event;
          if (event.type !== 'DueTimeTaken' && event.type !== 'ScheduleStartedByHand')
            outcomes.push(
              'dueAt' in data
                ? `${data.dueAt.slice(0, 16)} ${'joined' in data && data.joined ? 'Joined' : type.replace('DueTime', '')}`
                : `${data.from.slice(0, 16)} ${data.atLeast ? 'over ' : ''}${data.count} Missed`,
            );
        }
      return outcomes;
    },
    /** The runs that schedules started, in their order. */
    async runs(): Promise<readonly RecordedEvent[]> {
      const runs: RecordedEvent[] = [];
      for await (const item of log.subscribe({
        after: undefined,
        streamPrefixes: ['operation-'],
        signal: AbortSignal.timeout(60_000),
      })) {
        if (item.kind === 'caught-up') break;
        if (item.kind !== 'event') continue;
        const event = productEvents.decode(item.event);
        if (isEvent(event, RunQueued)) runs.push(event);
      }
      return runs;
    },
  };
}

const SCHEDULES = {
  minutes: 'aaaaaaaa-0000-4000-8000-000000000001',
  night: 'aaaaaaaa-0000-4000-8000-000000000002',
  fixed: 'aaaaaaaa-0000-4000-8000-000000000003',
} as const;

t.test(
  'two processes that die between any two appends start one run a due time over clock changes',
  async (t) => {
    const seed = Number(process.env.OPSLEDGER_SEED ?? Date.now() % 100_000);
    t.comment(`OPSLEDGER_SEED=${seed}`);
    const chance = createSeededChance(seed);
    const bed = await setUp(t);
    await bed.set(SCHEDULES.minutes, { name: 'Minutes' });
    await bed.set(SCHEDULES.night, { name: 'Night', cron: '30 2 * * *', operationType: 'test.fixed' });
    await bed.set(SCHEDULES.fixed, { name: 'Thirds', cron: '*/20 * * * *', operationType: 'test.fixed' });
    const processes = [bed.process(chance), bed.process(chance)];
    let deaths = 0;
    const hour = async (from: string, minutes: number) => {
      bed.setNow(from);
      for (let minute = 0; minute <= minutes; minute++) {
        for (let works = false; !works; ) {
          const lived = await Promise.all(processes.map((pass) => pass()));
          for (const [index, lives] of lived.entries())
            if (!lives) {
              deaths += 1;
              processes[index] = bed.process(chance);
            }
          works = !lived.includes(false);
        }
        // A process with two web processes at its side: schedules change while their times come.
        if (minute % 20 === 10)
          await Promise.all(
            [1, 2].map(() => bed.set(SCHEDULES.minutes, { name: `Minutes ${from} ${minute}` })),
          );
        // The clock jumps back for a while; nothing is started again.
        if (minute === 40) {
          bed.moveNow(-30 * MINUTE_MS);
          await Promise.all(processes.map((pass) => pass()));
          bed.moveNow(30 * MINUTE_MS);
        }
        // Somebody starts it by hand; the due times until then stay due.
        if (minute % 20 === 5) await bed.startedByHand(SCHEDULES.minutes);
        bed.moveNow(MINUTE_MS);
      }
    };

    await hour('2027-03-28T00:31Z', 59);
    const spring = (await bed.outcomes(SCHEDULES.minutes)).slice(1);
    t.equal(spring.length, 60, 'each minute, whatever the clocks in Berlin show');
    const nights = async () =>
      (await bed.outcomes(SCHEDULES.night)).map((line) => line.replace('Joined', 'Started'));
    t.strictSame(
      (await nights()).slice(1),
      ['2027-03-28T01:00 Started'],
      'half past two does not exist that night',
    );

    await hour('2027-10-31T00:25Z', 10);
    await hour('2027-10-31T01:25Z', 10);
    t.strictSame((await nights()).slice(2), ['2027-03-29T00:30 216 Missed', '2027-10-31T00:30 Started']);
    const thirds = (await bed.outcomes(SCHEDULES.fixed)).filter((line) => !line.endsWith('Missed'));
    t.strictSame(
      thirds.map((line) => line.slice(5, 16)),
      ['03-28T00:40', '03-28T01:00', '03-28T01:20', '10-31T00:20', '10-31T01:20'],
    );

    const minutes = (await bed.outcomes(SCHEDULES.minutes)).filter((line) => !line.endsWith('Missed'));
    t.equal(new Set(minutes).size, 60 + 11 + 11);
    const runs = await bed.runs();
    const ids = runs.map(({ envelope }) => envelope.$correlationId);
    t.equal(new Set(ids).size, runs.length, 'no due time has two runs');
    const all = [...minutes, ...thirds, ...(await bed.outcomes(SCHEDULES.night))];
    t.equal(
      runs.length,
      all.filter((line) => line.endsWith('Started')).length,
      'and each due time names its own run',
    );
    t.ok(deaths > 10, `processes died ${deaths} times`);
  },
);

t.test('missed times are recorded, and one start makes up for them when the schedule says so', async (t) => {
  const bed = await setUp(t);
  await bed.set(SCHEDULES.night, { name: 'Skips', cron: '0 2 * * *', zone: 'UTC' });
  await bed.set(SCHEDULES.minutes, {
    name: 'Makes up',
    cron: '0 2 * * *',
    zone: 'UTC',
    missed: 'make_up_once',
  });
  const pass = bed.process();
  bed.setNow('2030-01-01T02:05Z');
  await pass();
  bed.setNow('2030-01-04T12:00Z');
  await pass();
  await pass();
  t.strictSame((await bed.outcomes(SCHEDULES.night)).slice(1), [
    '2030-01-01T02:00 Started',
    '2030-01-02T02:00 3 Missed',
  ]);
  t.strictSame((await bed.outcomes(SCHEDULES.minutes)).slice(1), [
    '2030-01-01T02:00 Started',
    '2030-01-02T02:00 2 Missed',
    '2030-01-04T02:00 Started',
  ]);
  t.match((await bed.outcomes(SCHEDULES.night))[0], /over 1000 Missed/, 'counting has a limit');
});

t.test('a refused start is recorded, a paused schedule starts nothing and misses nothing', async (t) => {
  const bed = await setUp(t);
  await bed.set(SCHEDULES.night, { name: 'Refused', operationType: 'test.refused' });
  const pass = bed.process();
  bed.setNow('2030-01-01T02:00Z');
  await pass();
  t.equal((await bed.outcomes(SCHEDULES.night)).at(-1), '2030-01-01T02:00 Refused');

  const { scheduleId, command } = { scheduleId: SCHEDULES.night, command: bed.command };
  await pauseSchedule.carryOut(bed.ledger, { scheduleId, reason: 'The tenant is being moved.' }, command);
  const before = await bed.outcomes(SCHEDULES.night);
  bed.moveNow(MINUTE_MS);
  await pass();
  t.strictSame(
    await bed.outcomes(SCHEDULES.night),
    before,
    'also before the scheduler’s directory contains the change',
  );
  await resumeSchedule.carryOut(bed.ledger, { scheduleId }, command);
  t.equal((await bed.runs()).length, 0);
});

t.test('a schedule that fails is logged once, and again when it fails after it has worked', async (t) => {
  const bed = await setUp(t);
  await bed.set(SCHEDULES.minutes, { name: 'Failing' });
  const lines: string[] = [];
  let isBroken = true;
  const ledger: Ledger = {
    ...bed.ledger,
    async last(stream) {
      if (isBroken) throw new Error('the stream is damaged');
      return bed.ledger.last(stream);
    },
  };
  const pass = bed.scheduler(
    ledger,
    pino({ level: 'error' }, { write: (line: string) => void lines.push(line) }),
  );
  const passOnce = () => pass(new AbortController().signal);

  bed.setNow('2030-01-01T02:00Z');
  await t.rejects(passOnce(), { message: 'the stream is damaged' });
  await t.rejects(passOnce(), { message: 'the stream is damaged' });
  t.equal(lines.length, 1);

  isBroken = false;
  await passOnce();
  t.equal((await bed.outcomes(SCHEDULES.minutes)).at(-1), '2030-01-01T02:00 Started');

  isBroken = true;
  bed.moveNow(MINUTE_MS);
  await t.rejects(passOnce(), { message: 'the stream is damaged' });
  t.equal(lines.length, 2);
});
