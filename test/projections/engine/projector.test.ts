import { sql } from 'kysely';
import pg from 'pg';
import t from 'tap';
import { CHANGES_CHANNEL } from '../../../projections/engine/changes.js';
import { hubProjection } from '../../../projections/hub/hub-projection.js';
import { createWriterPool } from '../../../src/db/pools.js';
import { productEvents } from '../../../src/program/product-events.js';
import { createAnswerCutter } from '../../support/answer-cutter.js';
import { silent } from '../../support/database.js';
import { createEventBuilder } from '../../support/event-builder.js';
import { generateLog } from '../../support/generated-log.js';
import { feed, logOf, projectorBed, reach } from '../projector-bed.js';
import { arrive } from '../read-models.js';

t.test('a projector follows the log, reports its position, and notifies live pages', async (t) => {
  const bed = await projectorBed(t);
  const { log, chance, queue } = createEventBuilder();
  const listener = new pg.Client(bed.url);
  await listener.connect();
  t.teardown(() => listener.end());
  await listener.query(`listen ${CHANGES_CHANNEL}`);
  const projector = bed.start(log);
  projector.start();
  t.match(await reach(projector, (status) => status.caughtUp), {
    state: 'leading',
    position: -1,
    lagSeconds: 0,
  });
  const heard = new Promise<string>((resolve) => {
    listener.on('notification', ({ payload = '{}' }) => {
      // The notification of the build, which names all tenants, may arrive only now.
      if (JSON.parse(payload).tenants !== 'all') resolve(payload);
    });
  });
  const tenantId = chance.uuid();
  const runId = await queue(tenantId, chance.hex(32));
  await arrive(projector, log);
  t.equal(projector.position(), 0);
  t.same(JSON.parse(await heard), { position: 0, tenants: { [tenantId]: [runId] } });
  t.notOk(await projector.waitFor(5, { timeoutMs: 1 }), 'a position that does not come');
  await projector.stop();
  await projector.stop();
  t.equal(projector.status().state, 'stopped');
});

t.test('of two projectors one writes, and the other waits and takes over (X17)', async (t) => {
  const bed = await projectorBed(t);
  const { log: source } = await generateLog({ seed: 11, events: 600 });
  const log = await logOf(source.events.slice(0, 300));
  const first = bed.start(log);
  await reach(first, (status) => status.state === 'leading' && status.caughtUp);
  const second = bed.start(log);
  await reach(second, (status) => status.state === 'standby');
  await feed(log, source.events.slice(300, 450));
  await arrive(first, log);
  await arrive(second, log);
  t.equal(second.status().state, 'standby', 'it hears how far the other is');
  await first.stop();
  await feed(log, source.events.slice(450));
  await arrive(second, log);
  t.equal(second.status().state, 'leading');
  await second.stop();
  const rows = await bed.dump();
  t.same(rows, await bed.freshDump(source));
});

t.test(
  'an event that the database refuses pauses the projector, with all earlier events in the rows (X19)',
  async (t) => {
    const bed = await projectorBed(t);
    const { log, chance, queue } = createEventBuilder();
    const tenantId = chance.uuid();
    for (let n = 0; n < 7; n++) await queue(tenantId, chance.hex(32));
    await queue(tenantId, chance.hex(32));
    await queue(tenantId, chance.hex(32));
    // An event that `assertStorable` would refuse, as if it had reached the log in another way.
    const events = log.events.map((event, index) =>
      index === 7 ? { ...event, data: { ...(event.data as object), title: 'nul: \u0000' } } : event,
    );
    let repaired = false;
    const projector = bed.start(await logOf(events), {
      decode: (raw) => {
        const healed = repaired && raw.position === 7 ? { ...raw, data: log.events[7]?.data } : raw;
        return productEvents.decode(healed);
      },
    });
    const { paused, position } = await reach(projector, (status) => status.state === 'paused');
    t.equal(position, 6, 'everything before it is applied');
    t.match(paused, { event: `${events[7]?.stream}@0`, reason: /unicode|NUL|\\u0000/i });
    const said = await sql<{ paused_event: string }>`
    select paused_event from ${sql.id(hubProjection.schema, 'projector_status')}`.execute(bed.plain);
    t.equal(said.rows[0]?.paused_event, paused?.event, 'whoever looks in the database sees it too');
    repaired = true;
    t.ok(await projector.waitFor(8, { timeoutMs: 10_000 }), 'goes on by itself once the program can');
    await projector.stop();
    t.same(await bed.dump(), await bed.freshDump(log));
  },
);

const SECRET = 'kP3zGd8VnT5xWc9LqB7j';

t.test('an unknown event waits for a program that knows it', async (t) => {
  const bed = await projectorBed(t);
  const { log, chance, queue, toRun } = createEventBuilder();
  const tenantId = chance.uuid();
  const runId = await queue(tenantId, chance.hex(32));
  await toRun(tenantId, runId, { type: 'RunProgressNoted', data: { note: 'from the future' } });
  const events = log.events.map((event, index) => (index === 1 ? { ...event, type: 'RunForeseen' } : event));
  let newer = false;
  const projector = bed.start(await logOf(events), {
    decode(raw) {
      if (raw.type !== 'RunForeseen') return productEvents.decode(raw);
      if (!newer) throw new Error(`unknown type RunForeseen, password=${SECRET}`);
      return productEvents.decode({ ...raw, type: 'RunProgressNoted' });
    },
  });
  const { paused, position } = await reach(projector, (status) => status.state === 'paused');
  t.equal(position, 0);
  t.match(paused, {
    event: `${events[1]?.stream}@1`,
    reason: 'unknown type RunForeseen, password=[redacted:password]',
  });
  newer = true;
  t.ok(await projector.waitFor(1, { timeoutMs: 10_000 }));
});

t.test('closed connections only delay it (X14)', async (t) => {
  const bed = await projectorBed(t);
  const { log: source } = await generateLog({ seed: 12, events: 1_500 });
  const log = await logOf([]);
  const projector = bed.start(log);
  const admin = new pg.Client(bed.adminUrl);
  await admin.connect();
  t.teardown(() => admin.end());
  let cuts = 0;
  for (let from = 0; from < source.events.length; from += 100) {
    await feed(log, source.events.slice(from, from + 100));
    // The batch before is in the rows, and this batch is in progress.
    t.ok(await projector.waitFor(from - 1, { timeoutMs: 10_000 }));
    const { rowCount } = await admin.query(
      `select pg_terminate_backend(pid) from pg_stat_activity
       where datname = current_database() and pid <> pg_backend_pid()`,
    );
    cuts += rowCount ?? 0;
  }
  await arrive(projector, log);
  await projector.stop();
  t.ok(cuts > 5, `${cuts} connections cut`);
  // The connections that this test reads with were cut as well; the first statement may meet one of them.
  t.same(await bed.dump().catch(() => bed.dump()), await bed.freshDump(source));
});

t.test('a commit whose answer is lost is not applied twice (X16)', async (t) => {
  const bed = await projectorBed(t);
  const cutter = await createAnswerCutter(bed.url);
  t.teardown(() => cutter.close());
  const db = createWriterPool<unknown>(cutter.url, { logger: silent });
  t.teardown(() => db.destroy());
  const { log: source } = await generateLog({ seed: 13, events: 600 });
  const log = await logOf([]);
  const projector = bed.start(log, { db });
  for (let from = 0; from < source.events.length; from += 150) {
    await feed(log, source.events.slice(from, from + 150));
    await arrive(projector, log);
    cutter.loseAnswerTo('commit\0');
  }
  await projector.stop();
  t.ok(cutter.lost() >= 3, `${cutter.lost()} answers lost`);
  t.same(await bed.dump(), await bed.freshDump(source));
});

t.test('dropping the schema under a running projector brings it back from the log', async (t) => {
  const bed = await projectorBed(t);
  const { log: source } = await generateLog({ seed: 14, events: 400 });
  const log = await logOf(source.events.slice(0, 300));
  const projector = bed.start(log);
  await arrive(projector, log);
  await sql`drop schema ${sql.id(hubProjection.schema)} cascade`.execute(bed.plain);
  await feed(log, source.events.slice(300));
  await reach(projector, (status) => status.state === 'retrying');
  await arrive(projector, log);
  await projector.stop();
  t.same(await bed.dump(), await bed.freshDump(source));
});

t.test('rows of another ledger, or of positions beyond the end of the log, are not changed', async (t) => {
  const bed = await projectorBed(t);
  const { log } = await generateLog({ seed: 15, events: 50 });
  const { log: foreign } = await generateLog({ seed: 16, events: 80 });
  const { log: older } = await generateLog({ seed: 15, events: 50 });
  const built = bed.start(log);
  await arrive(built, log);
  await built.stop();
  const before = await bed.dump();
  for (const [other, sentence] of [
    [foreign, /come from ledger .* Point the program at/],
    [await logOf(older.events.slice(0, 20)), /go up to position \d+, and the log ends at 19/],
  ] as const) {
    let reported: Error | undefined;
    const projector = bed.start(other, {
      onRefused: (error) => {
        reported = error;
      },
    });
    const { trouble } = await reach(projector, (status) => status.state === 'refused');
    t.match(trouble, sentence);
    t.match(reported?.message, sentence);
    await projector.stop();
  }
  t.same(await bed.dump(), before);
});
