import { pino } from 'pino';
import t from 'tap';
import { BusUnavailableError, type CommandBus } from '../../src/bus/command-bus.js';
import type { ActiveRun } from '../../src/dispatch/active-runs.js';
import { createDispatcher } from '../../src/dispatch/dispatcher.js';
import { createOperationRegistry } from '../../src/operations/registry.js';
import { countedPasses } from '../support/counted-passes.js';
import { createEventBuilder } from '../support/event-builder.js';
import { memoryWaits, onlyProcess } from '../support/memory-liveness.js';

const logger = pino({ level: 'silent' });
const EVERY_MS = 100;
const RESEND_AFTER_MS = 300;

const pending = (runId: string): ActiveRun => ({
  tenantId: 'tenant',
  runId,
  type: 'test.work',
  correlationId: 'c',
  state: 'pending',
  attempt: 0,
  worker: null,
  position: Number(runId.slice(1)),
});

type Answer = 'published' | 'already-queued' | Error;

/** Runs this many passes of a dispatcher on a clock that each wait moves forward. */
async function dispatch(
  runs: ActiveRun[],
  passes: number,
  answer: (runId: string) => Answer,
  {
    ledger = createEventBuilder().ledger,
    everyMs = EVERY_MS,
    waits = memoryWaits(),
    known = async () => true,
    lease = onlyProcess,
  } = {},
) {
  const { clock, done } = countedPasses(passes);
  const sent: string[] = [];
  const bus = {
    publish: async ({ runId }: { runId: string }) => {
      const said = answer(runId);
      if (said instanceof Error) throw said;
      sent.push(`${runId} at ${clock.monotonicMs()}`);
      return said;
    },
  } satisfies Pick<CommandBus, 'publish'>;
  const unused = () => {
    throw new Error('a dispatcher only publishes');
  };
  const dispatcher = createDispatcher(
    {
      runs: {
        known,
        page: async (after, limit) => runs.filter(({ position }) => position > after).slice(0, limit),
      },
      ledger,
      lease,
      waits,
      bus: { ...bus, consume: unused, health: unused, close: unused },
      operations: createOperationRegistry([]),
      clock,
      logger,
    },
    { everyMs, resendAfterMs: RESEND_AFTER_MS, publishTimeoutMs: 10 },
  );
  dispatcher.start();
  await done;
  const { trouble } = dispatcher;
  await dispatcher.stop();
  return { sent, trouble };
}

t.test('a run is sent again after it was seen pending for the time', async (t) => {
  const { sent } = await dispatch([pending('r1')], 5, () => 'published');
  t.same(sent, ['r1 at 300']);
});

t.test('a run that the bus lost again is sent again after the same time', async (t) => {
  const { sent } = await dispatch([pending('r1')], 8, () => 'published');
  t.same(sent, ['r1 at 300', 'r1 at 600']);
});

t.test('a run that waits its turn on the bus is offered ever more seldom', async (t) => {
  const { sent } = await dispatch([pending('r1')], 30, () => 'already-queued');
  t.same(sent, ['r1 at 300', 'r1 at 900', 'r1 at 2100']);
});

t.test('a dispatcher without the lease sends nothing', async (t) => {
  const lease = { ...onlyProcess, hold: async () => false };
  const { sent } = await dispatch([pending('r1')], 5, () => 'published', { lease });
  t.same(sent, []);
});

t.test('waiting times are kept while the active runs are unknown', async (t) => {
  let passes = 0;
  const known = async () => ++passes !== 3;
  const { sent } = await dispatch([pending('r1')], 6, () => 'published', { known });
  t.same(sent, ['r1 at 300'], 'as if the third pass had not been');
});

t.test('running runs are left alone', async (t) => {
  const { sent } = await dispatch([{ ...pending('r1'), state: 'running' }], 8, () => 'published');
  t.same(sent, []);
});

t.test('a run that can’t be sent delays no other', async (t) => {
  const { sent, trouble } = await dispatch([pending('r1'), pending('r2')], 5, (runId) =>
    runId === 'r1' ? new Error('no subject') : 'published',
  );
  t.same(sent, ['r2 at 300']);
  t.equal(trouble, undefined);
});

t.test('a run of a type that nobody knows any more is sent for an hour, and then ended', async (t) => {
  const TENANT = '1f2d3c4b-0000-4000-8000-000000000001';
  const { ledger, log, queue } = createEventBuilder();
  const runId = await queue(TENANT, 'a'.repeat(32), { type: 'test.forgotten' });
  const run = { ...pending('r1'), tenantId: TENANT, runId, type: 'test.forgotten' };
  const minutely = { ledger, everyMs: 60_000 };
  const { sent } = await dispatch([run], 60, () => 'published', minutely);
  t.equal(sent.length, 59);
  t.equal(log.events.length, 1);
  await dispatch([run], 63, () => 'published', minutely);
  t.match(log.events.at(-1), { type: 'RunFailed', data: { reasonCode: 'dispatch_failed' } });
});

t.test('a bus that is away ends the pass and is reported', async (t) => {
  const { sent, trouble } = await dispatch(
    [pending('r1'), pending('r2')],
    5,
    () => new BusUnavailableError('away'),
  );
  t.same(sent, []);
  t.equal(trouble, 'away');
});
