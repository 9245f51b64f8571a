import { pino } from 'pino';
import t from 'tap';
import { BusUnavailableError } from '../../src/bus/command-bus.js';
import type { ActiveRun } from '../../src/dispatch/active-runs.js';
import { createWatchdog } from '../../src/dispatch/watchdog.js';
import type { LifeWatch } from '../../src/liveness/life-watch.js';
import { EFFECT_TIMEOUT_MAX_MS } from '../../src/operations/effect.js';
import { createOperationRegistry } from '../../src/operations/registry.js';
import { countedPasses } from '../support/counted-passes.js';
import { createEventBuilder } from '../support/event-builder.js';
import { memoryLiveness, onlyProcess } from '../support/memory-liveness.js';
import { testWork } from '../support/test-work.js';

const TENANT = '1f2d3c4b-0000-4000-8000-000000000001';
const SILENT_MS = 1_000;
/** Enough for the longest effect that a type of another program may have. */
const UNKNOWN_SILENT_MS = SILENT_MS + EFFECT_TIMEOUT_MAX_MS + 1;
const keyOf = (digit: string) => digit.repeat(32);

const operations = createOperationRegistry([testWork({ attemptLimit: 2 })]);

/** Three runs whose workers are gone, after one, two and one attempts, and one pass of a watchdog over them. */
async function onePass(over: {
  lost: boolean;
  publish?: (runId: string) => void;
  check?: () => void;
  /** Whether the lease is held, at each question. */
  holds?: boolean[];
  passes?: number;
  silentMs?: number;
  /** The silence that the second check returns. */
  silentAgainMs?: number;
  known?: typeof operations;
  /** The version of the program that queued the runs. */
  version?: number;
}) {
  const { silentMs = SILENT_MS + 1 } = over;
  const complaints: string[] = [];
  const logger = pino({ level: 'error' }, { write: (line) => complaints.push(JSON.parse(line).runId) });
  const builder = createEventBuilder();
  const runs: ActiveRun[] = [];
  for (const [digit, attempts] of [
    ['1', 1],
    ['2', 2],
    ['3', 1],
  ] as const) {
    const runId = await builder.queue(TENANT, keyOf(digit), {
      type: 'test.work',
      definitionVersion: over.version ?? 1,
    });
    for (let attempt = 1; attempt <= attempts; attempt++)
      await builder.toRun(TENANT, runId, { type: 'RunStarted', data: { attempt, worker: 'gone' } });
    runs.push({
      tenantId: TENANT,
      runId,
      type: 'test.work',
      correlationId: 'c',
      state: 'running',
      attempt: attempts,
      worker: 'gone',
      position: runs.length,
    });
  }
  const sent: string[] = [];
  const forgotten: string[] = [];
  const silent: string[] = [];
  const { clock, done } = countedPasses(over.passes ?? 1);
  const watch: LifeWatch = {
    check: async () => over.check?.(),
    silentMs: async () => over.silentAgainMs ?? silentMs,
    silencesMs: async (watched) => watched.map(() => silentMs),
    recordSilence: async ({ runId }) => void silent.push(runId.slice(0, 1)),
    endPass: () => undefined,
  };
  const unused = () => {
    throw new Error('not used here');
  };
  const watchdog = createWatchdog(
    {
      runs: {
        known: async () => true,
        takeoverCandidates: async (after, limit) =>
          runs.filter(({ position }) => position > after).slice(0, limit),
      },
      ledger: builder.ledger,
      bus: {
        publish: async ({ runId }) => {
          over.publish?.(runId);
          sent.push(runId.slice(0, 1));
          return 'published';
        },
        consume: unused,
        health: unused,
        close: unused,
      },
      operations: over.known ?? operations,
      lease: { ...onlyProcess, hold: async () => over.holds?.shift() ?? true },
      liveness: memoryLiveness({
        forget: async (_tenant, runId) => void forgotten.push(runId.slice(0, 1)),
      }),
      watch,
      clock,
      logger,
    },
    { everyMs: 100, publishTimeoutMs: 10, lostAfterMs: over.lost ? SILENT_MS : 2 * SILENT_MS },
  );
  watchdog.start();
  await done;
  const { trouble } = watchdog;
  await watchdog.stop();
  const aborted = builder.log.events.filter(({ type }) => type === 'RunAborted');
  return { sent, silent, forgotten, trouble, aborted, complaints };
}

t.test('lost runs are sent again, and given up when their attempts are spent', async (t) => {
  const { sent, silent, forgotten, aborted } = await onePass({ lost: true });
  t.same(sent, ['1', '3']);
  t.same(silent, ['1', '2', '3'], 'who takes them over reads that they are lost');
  t.same(forgotten, ['2']);
  t.match(aborted, [{ data: { reasonCode: 'worker_lost' }, metadata: { attempt: '2' } }]);
  t.equal(aborted.length, 1);
});

t.test('living runs are left alone', async (t) => {
  const { sent, aborted } = await onePass({ lost: false });
  t.same([sent, aborted], [[], []]);
});

t.test('a holder that beats while the log is read keeps its run', async (t) => {
  const { aborted, forgotten } = await onePass({ lost: true, silentAgainMs: 0 });
  t.same([aborted, forgotten], [[], []]);
});

t.test('runs of a type that nobody knows wait for a program that does, though not for ever', async (t) => {
  const nothing = createOperationRegistry([]);
  const soon = await onePass({ lost: true, known: nothing, silentMs: UNKNOWN_SILENT_MS });
  t.same(soon.sent, ['1', '2', '3']);
  t.equal(soon.aborted.length, 0);
  const late = await onePass({ lost: true, known: nothing, silentMs: 61 * 60_000 });
  t.same(late.sent, []);
  t.equal(late.aborted.length, 3);
});

t.test('runs that a newer version of the program queued wait in the same way', async (t) => {
  const soon = await onePass({ lost: true, version: 2 });
  t.same(soon.sent, ['1', '2', '3']);
  t.equal(soon.aborted.length, 0);
  const late = await onePass({ lost: true, version: 2, silentMs: 61 * 60_000 });
  t.same(late.sent, []);
  t.equal(late.aborted.length, 3);
});

t.test('a run that can’t be carried on delays no other', async (t) => {
  const { sent, trouble } = await onePass({
    lost: true,
    publish(runId) {
      if (runId.startsWith('1')) throw new Error('no subject');
    },
  });
  t.same(sent, ['3']);
  t.equal(trouble, undefined);
});

t.test('a run that can’t be carried on is logged once, not at every pass', async (t) => {
  const publish = (runId: string) => {
    if (runId.startsWith('1')) throw new Error('no subject');
  };
  const { sent, complaints } = await onePass({ lost: true, publish, passes: 3 });
  t.equal(sent.filter((run) => run === '3').length, 3);
  t.same(complaints, [`${keyOf('1')}-0`]);
});

t.test('a bus that is away is reported', async (t) => {
  const publish = () => {
    throw new BusUnavailableError('away');
  };
  t.equal((await onePass({ lost: true, publish })).trouble, 'away');
});

t.test('a watchdog without the lease does nothing, also when it loses the lease in a pass', async (t) => {
  for (const holds of [[false], [true, false]]) {
    const { sent, aborted, trouble } = await onePass({ lost: true, holds });
    t.same([sent, aborted, trouble, holds], [[], [], undefined, []]);
  }
});

t.test('nothing is done while signs of life cannot be written', async (t) => {
  const check = () => {
    throw new Error('read only');
  };
  const { sent, aborted, trouble } = await onePass({ lost: true, check });
  t.same([sent, aborted], [[], []]);
  t.equal(trouble, 'read only');
});
