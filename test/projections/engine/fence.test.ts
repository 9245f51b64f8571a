import { sql } from 'kysely';
import t from 'tap';
import { dispatchProjection } from '../../../projections/dispatch/active-runs-projection.js';
import { FencedError, readCheckpoint } from '../../../projections/engine/checkpoint.js';
import { PoisonEventError } from '../../../projections/engine/failures.js';
import { followLog } from '../../../projections/engine/follow-log.js';
import { BATCH_LIMITS } from '../../../projections/engine/intake.js';
import { createProgress } from '../../../projections/engine/progress.js';
import { readSetAside, retrySetAside, setAside } from '../../../projections/engine/set-aside.js';
import { hubProjection } from '../../../projections/hub/hub-projection.js';
import { systemChance, systemClock } from '../../../src/clock.js';
import type { EventLog, RawEvent } from '../../../src/ledger/event-log.js';
import { productEvents } from '../../../src/program/product-events.js';
import { silent } from '../../support/database.js';
import { generateLog } from '../../support/generated-log.js';
import { type ProjectorBed, projectorBed } from '../projector-bed.js';
import { arrive } from '../read-models.js';

t.test(
  'of two writers that pass the lock, the checkpoint lets one go on, and the rows stay right',
  async (t) => {
    const bed = await projectorBed(t);
    const { log } = await generateLog({ seed: 21, events: 800 });
    const head = await log.head();
    const enough = new AbortController();
    const term = async () => {
      const progress = createProgress(systemClock);
      const options = {
        projection: hubProjection,
        schema: hubProjection.schema,
        log,
        decode: productEvents.decode,
        limits: { ...BATCH_LIMITS, batchEventsMax: 50 },
        announce: true,
        setAsideMs: 1_000,
        progress,
        clock: systemClock,
        chance: systemChance,
        logger: silent,
      };
      const ended = bed.plain
        .connection()
        .execute((connection) => followLog(connection, options, enough.signal));
      progress
        .waitUntil(({ position }) => position >= head, { timeoutMs: 20_000, signal: enough.signal })
        .then(() => enough.abort());
      return ended;
    };
    const ends = await Promise.allSettled([term(), term(), term()]);
    const fenced = ends.filter((end) => end.status === 'rejected');
    t.equal(fenced.length, 2, 'all but one were stopped');
    for (const end of fenced) t.ok(end.reason instanceof FencedError, String(end.reason));
    const { rows } = await sql<{
      events: number;
    }>`select events from ${sql.id(hubProjection.schema, 'checkpoint')}`.execute(bed.plain);
    t.equal(rows[0]?.events, log.events.length, 'every event was applied once');
    const raced = await bed.dump();
    t.same(raced, await bed.freshDump(log));
  },
);

const dispatch = { projection: dispatchProjection, schema: dispatchProjection.schema };

/** Sets two streams aside, each with several missed events, in a log that the program can now decode. */
async function withTwoSetAside(bed: ProjectorBed) {
  const { log } = await generateLog({ seed: 22, events: 300 });
  const poison = new Map<string, RawEvent>();
  for (const event of log.events)
    if (event.type === 'RunStarted' && poison.size < 2)
      poison.set(event.stream, poison.get(event.stream) ?? event);
  const ids = new Set([...poison.values()].map(({ id }) => id));
  const projector = bed.start(log, {
    projection: dispatchProjection,
    // Longer than the test takes, so that only the test takes the streams back.
    waits: { pausedMs: 600_000 },
    decode: (raw) => {
      if (ids.has(raw.id)) throw new Error('a newer program wrote it');
      return productEvents.decode(raw);
    },
  });
  await arrive(projector, log);
  await projector.stop();
  const events = [...poison.values()];
  return { log, events, checkpoint: () => readCheckpoint(bed.plain, dispatch.schema, 'dispatch') };
}

t.test('of two projectors that retry the same streams, one does it and the other is fenced', async (t) => {
  const bed = await projectorBed(t);
  const { log, checkpoint } = await withTwoSetAside(bed);
  const opened = await checkpoint();
  t.equal((await readSetAside(bed.plain, dispatch.schema)).streams, 2);
  let reading = 0;
  let bothRead: () => void = () => undefined;
  const both = new Promise<void>((resolve) => {
    bothRead = resolve;
  });
  // Both read the waiting events before either takes a stream back.
  const meeting: EventLog = {
    ...log,
    async *read(stream, options) {
      reading += 1;
      if (reading === 2) bothRead();
      await both;
      yield* log.read(stream, options);
    },
  };
  const take = () =>
    bed.plain
      .connection()
      .execute((connection) =>
        retrySetAside(connection, { ...dispatch, log: meeting, decode: productEvents.decode }, opened),
      );
  const ends = await Promise.allSettled([take(), take()]);
  const refused = ends.filter((end) => end.status === 'rejected');
  t.equal(refused.length, 1);
  t.ok(refused[0]?.reason instanceof FencedError, String(refused[0]?.reason));
  const followed = log.events.filter(({ stream }) =>
    dispatchProjection.streamPrefixes.some((prefix) => stream.startsWith(prefix)),
  );
  t.equal((await checkpoint()).events, followed.length, 'every event was applied once');
  t.equal((await readSetAside(bed.plain, dispatch.schema)).streams, 0);
});

t.test('a transaction that began before a stream was taken back can’t write', async (t) => {
  const bed = await projectorBed(t);
  const { log, events, checkpoint } = await withTwoSetAside(bed);
  const opened = await checkpoint();
  t.equal((await readSetAside(bed.plain, dispatch.schema)).streams, 2);
  const [first] = events;
  if (!first) throw new Error('nothing waits');
  const poison = new PoisonEventError(first, new Error('a newer program wrote it'));
  const again = setAside(bed.plain, dispatch, opened, poison);
  await t.rejects(again, FencedError, 'another writer has set it aside');
  const options = { ...dispatch, log, decode: productEvents.decode };
  const { checkpoint: taken } = await retrySetAside(bed.plain, options, opened);
  t.equal(taken.position, opened.position);
  await t.rejects(setAside(bed.plain, dispatch, opened, poison), FencedError, 'another writer has gone on');
  t.equal((await readSetAside(bed.plain, dispatch.schema)).streams, 0);
});
