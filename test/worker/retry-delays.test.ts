import { pino } from 'pino';
import t from 'tap';
import type { CommandBus, CommandHandler } from '../../src/bus/command-bus.js';
import { LogUnavailableError } from '../../src/ledger/event-log.js';
import { createOperationRegistry } from '../../src/operations/registry.js';
import { streamOfRun } from '../../src/runs/run-streams.js';
import { createRetryDelays, RETRY_FIRST_MS, RETRY_LONGEST_MS } from '../../src/worker/retry-delays.js';
import { createEventBuilder } from '../support/event-builder.js';
import { testWork } from '../support/test-work.js';
import { createTestWorker } from '../support/test-worker.js';

/**
 * Goal: a run that can't be read is logged once and tried less and less often, and its command is never lost.
 * Method: a worker whose commands the test delivers, on a log with one run that can't be read and one that can.
 */
const TENANT = '1f2d3c4b-0000-4000-8000-000000000001';
const operations = createOperationRegistry([testWork()]);

function setUp(t: { teardown(end: () => Promise<void>): void }) {
  const builder = createEventBuilder();
  const complaints: string[] = [];
  const logger = pino({ level: 'error' }, { write: (line) => complaints.push(JSON.parse(line).runId) });
  let handler: CommandHandler | undefined;
  const unused = () => {
    throw new Error('not used here');
  };
  const bus: CommandBus = {
    consume(_options, handle) {
      handler = handle;
      return { pause: async () => undefined, resume: () => undefined, stop: async () => undefined };
    },
    publish: unused,
    health: unused,
    close: unused,
  };
  const worker = createTestWorker({ ledger: builder.ledger, bus, operations, logger });
  worker.start();
  t.teardown(() => worker.stop());
  const deliver = (runId: string) => {
    const command = { tenantId: TENANT, type: 'test.work', runId, correlationId: 'c' };
    return handler?.(command, new AbortController().signal);
  };
  return { builder, complaints, deliver };
}

t.test('a run that can’t be read is logged once and tried at growing intervals', async (t) => {
  const { builder, complaints, deliver } = setUp(t);
  const [poisoned, sound] = await Promise.all(
    ['a', 'b'].map((name) => builder.queue(TENANT, name.repeat(32), { type: 'test.work' })),
  );
  if (!poisoned || !sound) throw new Error('nothing was queued');
  const poison = { id: 'poison', type: 'WrittenByNobody', data: {}, metadata: {} };
  await builder.log.append(streamOfRun(TENANT, poisoned), [poison], 0);
  const delays: number[] = [];
  for (let times = 0; times < 6; times++) {
    const disposition = await deliver(poisoned);
    if (disposition?.kind !== 'release') throw new Error('the command was lost');
    delays.push(disposition.delayMs);
  }
  t.same(delays, [5_000, 10_000, 20_000, 40_000, 60_000, 60_000]);
  t.same(complaints, [poisoned]);
  t.same(await deliver(sound), { kind: 'done' }, 'others are carried out as ever');
});

t.test('while the log is away a run is tried at the usual interval', async (t) => {
  const { after } = createRetryDelays();
  const away = new LogUnavailableError('read', null);
  t.same(after('a', away), { delayMs: RETRY_FIRST_MS, isFirst: true });
  t.same(after('a', away), { delayMs: RETRY_FIRST_MS, isFirst: false });
});

t.test('after a success the intervals of a run begin again', async (t) => {
  const { after, forget } = createRetryDelays();
  const own = new Error('its own');
  for (let times = 0; times < 10; times++) after('a', own);
  t.same(after('a', own), { delayMs: RETRY_LONGEST_MS, isFirst: false });
  forget('a');
  t.same(after('a', own), { delayMs: RETRY_FIRST_MS, isFirst: true });
});

t.test('the number of remembered runs is limited', async (t) => {
  const { after } = createRetryDelays();
  for (let n = 0; n <= 1_000; n++) after(`${n}`, new Error('its own'));
  t.match(after('1', new Error('its own')), { isFirst: false });
  t.match(after('0', new Error('its own')), { isFirst: true }, 'the oldest made room');
});
