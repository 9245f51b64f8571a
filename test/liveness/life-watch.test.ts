import t from 'tap';
import type { Clock } from '../../src/clock.js';
import { createLifeWatch } from '../../src/liveness/life-watch.js';
import { memoryLiveness } from '../support/memory-liveness.js';

const LIMIT_MS = 1_000;
const isLost = (silentMs: number) => silentMs > LIMIT_MS;
const run = { tenantId: 'tenant', runId: 'run', attempt: 1 };

/** A database and a clock that the test controls; every query takes a millisecond. */
function setUp() {
  let nowMs = 0;
  let sign: string | undefined = 'first';
  let writable = true;
  const clock: Clock = { now: () => 0, monotonicMs: () => nowMs, sleep: async () => undefined };
  const liveness = memoryLiveness({
    lastSigns: async (runs) =>
      new Map(sign === undefined ? [] : runs.map(({ runId }) => [runId, sign ?? ''])),
    probe: async () => {
      if (!writable) throw new Error('read only');
    },
  });
  const watch = createLifeWatch({ liveness, clock }, LIMIT_MS);
  /** Checks after every tenth of the limit, as a watchdog does, and returns the silence at the end. */
  async function watchFor(ms: number, attempt = 1): Promise<number> {
    for (const endMs = nowMs + ms; nowMs < endMs; nowMs += LIMIT_MS / 10) {
      await watch.check();
      await watch.silentMs({ ...run, attempt });
    }
    await watch.check();
    return watch.silentMs({ ...run, attempt });
  }
  return {
    watch,
    watchFor,
    sleep: (ms: number) => {
      nowMs += ms;
    },
    beat: (next: string | undefined) => {
      sign = next;
    },
    break: (broken: boolean) => {
      writable = !broken;
    },
  };
}

t.test('a sign that does not change for the whole limit means that the worker is lost', async (t) => {
  const part = setUp();
  t.equal(await part.watchFor(LIMIT_MS), LIMIT_MS);
  t.notOk(isLost(LIMIT_MS));
  t.ok(isLost(await part.watchFor(LIMIT_MS / 10)));
  part.beat('second');
  t.equal(await part.watchFor(0), 0, 'a beat ends the silence');
});

t.test('a worker that never beat is lost after the limit as well', async (t) => {
  const part = setUp();
  part.beat(undefined);
  t.ok(isLost(await part.watchFor(LIMIT_MS * 2)));
});

t.test('each attempt of a run is watched separately', async (t) => {
  const part = setUp();
  t.ok(isLost(await part.watchFor(LIMIT_MS * 2, 1)));
  t.equal(await part.watch.silentMs({ ...run, attempt: 2 }), 0);
});

t.test('silence means nothing while signs cannot be written, nor right after', async (t) => {
  const part = setUp();
  t.ok(isLost(await part.watchFor(LIMIT_MS * 2)));
  part.break(true);
  await t.rejects(part.watch.check(), { message: 'read only' });
  t.equal(await part.watch.silentMs(run), 0);
  part.break(false);
  t.equal(await part.watchFor(0), 0, 'watching begins anew');
  t.notOk(isLost(await part.watchFor(LIMIT_MS / 2)));
});

t.test('a watcher that was frozen itself begins anew', async (t) => {
  const part = setUp();
  await part.watchFor(LIMIT_MS / 2);
  part.sleep(LIMIT_MS * 10);
  t.equal(await part.watch.silentMs(run), 0, 'before it has checked');
  t.equal(await part.watchFor(0), 0, 'and after');
});

t.test('a process that does not check finds no run lost', async (t) => {
  const part = setUp();
  await part.watch.silentMs(run);
  part.sleep(LIMIT_MS * 10);
  t.equal(await part.watch.silentMs(run), 0);
});

t.test(
  'runs that a long pass has yet to check again are kept, and runs that nobody checks are forgotten',
  async (t) => {
    const part = setUp();
    await part.watchFor(0);
    for (let ms = 0; ms < LIMIT_MS * 10; ms += LIMIT_MS / 2) {
      part.sleep(LIMIT_MS / 2);
      await part.watch.check();
    }
    t.equal(await part.watch.silentMs(run), LIMIT_MS * 10, 'within one pass');
    part.watch.endPass();
    for (let ms = 0; ms < LIMIT_MS * 10; ms += LIMIT_MS / 2) {
      part.sleep(LIMIT_MS / 2);
      await part.watch.check();
      part.watch.endPass();
    }
    t.equal(await part.watch.silentMs(run), 0, 'forgotten after passes that did not check it');
  },
);
