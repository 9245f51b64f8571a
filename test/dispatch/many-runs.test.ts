import { pino } from 'pino';
import t from 'tap';
import type { ActiveRun } from '../../src/dispatch/active-runs.js';
import { createWatchdog } from '../../src/dispatch/watchdog.js';
import { createLifeWatch } from '../../src/liveness/life-watch.js';
import { createOperationRegistry } from '../../src/operations/registry.js';
import { countedPasses } from '../support/counted-passes.js';
import { createEventBuilder } from '../support/event-builder.js';
import { memoryLiveness, onlyProcess } from '../support/memory-liveness.js';

const TENANT = '1f2d3c4b-0000-4000-8000-000000000001';
const LOST_AFTER_MS = 15_000;
const PAGES = 20;
const PAGE_ROWS = 500;
/** The time for reading a page, so that a whole pass takes five times the limit. */
const READING_MS = (5 * LOST_AFTER_MS) / PAGES;

const runIdAt = (position: number): string => `${'a'.repeat(32)}-${position}`;
const running = (position: number): ActiveRun => ({
  tenantId: TENANT,
  runId: runIdAt(position),
  type: 'test.unknown',
  correlationId: 'c',
  state: 'running',
  attempt: 1,
  worker: 'somebody',
  position,
});

t.test('a pass that takes longer than the limit still finds who is lost', async (t) => {
  const runs = Array.from({ length: PAGES * PAGE_ROWS }, (_, position) => running(position));
  const dead = new Set([runIdAt(3), runIdAt(runs.length - 1)]);
  let beats = 0;
  const { clock, done, move } = countedPasses(3);
  const unused = () => {
    throw new Error('not used here');
  };
  const liveness = memoryLiveness({
    lastSigns: async (asked) => {
      beats += 1;
      return new Map(asked.map(({ runId }) => [runId, dead.has(runId) ? 'the last' : `${beats}`]));
    },
  });
  const sent: string[] = [];
  const watchdog = createWatchdog(
    {
      runs: {
        known: async () => true,
        takeoverCandidates: async (after, limit) => {
          move(READING_MS);
          return runs.slice(after + 1, after + 1 + limit);
        },
      },
      ledger: createEventBuilder().ledger,
      bus: {
        publish: async ({ runId }) => {
          sent.push(runId);
          return 'published';
        },
        consume: unused,
        health: unused,
        close: unused,
      },
      operations: createOperationRegistry([]),
      lease: onlyProcess,
      liveness,
      watch: createLifeWatch({ liveness, clock }, LOST_AFTER_MS),
      clock,
      logger: pino({ level: 'silent' }),
    },
    { everyMs: 100, publishTimeoutMs: 10, lostAfterMs: LOST_AFTER_MS },
  );
  watchdog.start();
  await done;
  t.equal(watchdog.trouble, undefined);
  await watchdog.stop();
  t.same([...new Set(sent)], [...dead]);
  t.ok(beats <= 3 * (PAGES + 1) + sent.length, `${beats} questions for signs`);
});
