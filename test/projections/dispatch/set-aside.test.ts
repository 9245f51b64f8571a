import { sql } from 'kysely';
import t from 'tap';
import { dispatchProjection } from '../../../projections/dispatch/active-runs-projection.js';
import { readSetAside } from '../../../projections/engine/set-aside.js';
import type { RawEvent } from '../../../src/ledger/event-log.js';
import { productEvents } from '../../../src/program/product-events.js';
import { generateLog } from '../../support/generated-log.js';
import { logOf, projectorBed, reach } from '../projector-bed.js';
import { arrive, dumpSchema } from '../read-models.js';

const SCHEMA = dispatchProjection.schema;

t.test(
  'an operation with an unknown event is set aside alone, and taken back once the event is known',
  async (t) => {
    const bed = await projectorBed(t);
    const { log: source } = await generateLog({ seed: 5, events: 400 });
    const poison = source.events.filter(({ type }) => type === 'RunStarted').slice(2, 4);
    const [first] = poison;
    if (!first) throw new Error('the generated log starts no runs');
    const log = await logOf(source.events.slice(0, 300));
    let known = false;
    const decode = (raw: RawEvent) => {
      if (!known && poison.some(({ id }) => id === raw.id)) throw new Error('a newer program wrote it');
      return productEvents.decode(raw);
    };
    const start = () => bed.start(log, { projection: dispatchProjection, decode });

    const projector = start();
    await arrive(projector, log);
    const streams = new Set(poison.map(({ stream }) => stream));
    t.match(await readSetAside(bed.plain, SCHEMA), {
      streams: streams.size,
      first: { stream: first.stream, revision: first.revision, reason: 'a newer program wrote it' },
    });
    t.equal(projector.status().state, 'leading', 'the others go on');
    t.same(await activeRunsBut(streams), await activeRunsOf(source.events.slice(0, 300), streams));

    await projector.stop();
    const successor = start();
    for (const { stream, revision, id, type, data, metadata } of source.events.slice(300))
      await log.append(stream, [{ id, type, data, metadata: metadata as never }], revision - 1);
    await arrive(successor, log);
    t.equal((await readSetAside(bed.plain, SCHEMA)).streams, streams.size, 'also under the next projector');

    known = true;
    await untilTakenBack();
    const rows = await dumpSchema(bed.plain, SCHEMA);
    await successor.stop();
    await sql`drop schema ${sql.id(SCHEMA)} cascade`.execute(bed.plain);
    const fresh = start();
    await arrive(fresh, log);
    await reach(fresh, ({ caughtUp }) => caughtUp);
    await fresh.stop();
    t.same(rows, await dumpSchema(bed.plain, SCHEMA), 'the rows are those of a fresh fold');

    async function activeRunsBut(left: ReadonlySet<string>): Promise<readonly string[]> {
      const { rows } = await sql<{ run_id: string }>`
      select run_id from ${sql.id(SCHEMA, 'active_runs')} order by 1`.execute(bed.plain);
      const keys = [...left].map((stream) => stream.slice(stream.lastIndexOf('.') + 1));
      return rows.map(({ run_id }) => run_id).filter((runId) => !keys.some((key) => runId.startsWith(key)));
    }

    async function untilTakenBack(): Promise<void> {
      for (;;) {
        const { streams: left } = await readSetAside(bed.plain, SCHEMA);
        if (left === 0) return;
        await successor.waitUntil(() => false, { timeoutMs: 50 });
      }
    }
  },
);

/** The open runs after these events, without the events of some streams. */
async function activeRunsOf(
  events: readonly RawEvent[],
  without: ReadonlySet<string>,
): Promise<readonly string[]> {
  const open = new Set<string>();
  for (const { stream, type, metadata } of events) {
    if (without.has(stream)) continue;
    const { runId } = metadata as { runId: string };
    if (type === 'RunQueued') open.add(runId);
    if (/^Run(Completed|Failed|Aborted)$/.test(type)) open.delete(runId);
  }
  return [...open].sort();
}

t.test('too many at once are no single operation’s trouble: the projection pauses', async (t) => {
  const bed = await projectorBed(t);
  const { log } = await generateLog({ seed: 6, events: 60 });
  const prefilled = await logOf(log.events);
  const projector = bed.start(prefilled, { projection: dispatchProjection });
  await arrive(projector, prefilled);
  await sql`
    insert into ${sql.id(SCHEMA, 'set_aside')} (stream, revision, position, reason)
    select 'operation-x.' || n, 0, 1000000, 'as a test wants it' from generate_series(1, 1000) n`.execute(
    bed.plain,
  );
  const queued = log.events.find(({ type }) => type === 'RunQueued');
  if (!queued) throw new Error('the generated log queues no runs');
  await prefilled.append(
    'operation-y.1',
    [{ id: queued.id, type: 'WrittenByNobody', data: {}, metadata: {} }],
    -1,
  );
  t.match(await reach(projector, ({ state }) => state === 'paused'), {
    paused: { event: 'operation-y.1@0' },
  });
});

t.test('an unknown event of no single operation pauses the projection', async (t) => {
  const bed = await projectorBed(t);
  const { log } = await generateLog({ seed: 7, events: 60 });
  const poisoned = await logOf(log.events);
  const projector = bed.start(poisoned, {
    projection: dispatchProjection,
    decode: (raw) => {
      if (raw.stream.startsWith('ledger-')) throw new Error('damaged');
      return productEvents.decode(raw);
    },
  });
  t.match(await reach(projector, ({ state }) => state === 'paused'), { state: 'paused' });
});
