import t from 'tap';
import { systemClock } from '../../src/clock.js';
import { createFaultBed, longRun } from '../support/fault-bed.js';
import { freePort } from '../support/free-port.js';
import { untilHealth } from '../support/health.js';
import { skipWithoutNats } from '../support/system-parts.js';
import { until } from '../support/until.js';

const projector = { kind: 'program' as const, roles: ['projector' as const] };
const worker = { kind: 'program' as const, roles: ['worker' as const] };
const web = { kind: 'program' as const, roles: ['web' as const] };
const ABSENT_MS = longRun ? 30_000 : 1_000;
/** The longest time for one attempt to reach PostgreSQL, including ending it. */
const CONNECT_LIMIT_MS = 7_000;

t.test('X15: what is absent at the start', { skip: skipWithoutNats() }, async (t) => {
  const bed = await createFaultBed(t);
  const servers = [
    ['PostgreSQL', bed.databaseProxy],
    ['the event store', bed.storeProxy],
  ] as const;

  await t.test('every server may start later, one after the other', async (t) => {
    for (const [, proxy] of servers) proxy.goAway();
    await bed.nats.kill();
    const port = await freePort();
    const waiting = [bed.launch(worker), bed.launch(projector)];
    const serving = bed.launch(web, { OPSLEDGER_PORT: String(port) });
    const all = [...waiting, serving];
    const ready = Promise.all(all.map((process) => process.line()));
    for (const [what, proxy] of servers) {
      const sentence = `Waiting for ${what}, which does not answer.`;
      await until(async () => JSON.stringify((await untilHealth(port)).body).includes(sentence));
      t.match(await untilHealth(port), { status: 503, body: { status: 'down', reason: sentence } });
      for (const process of all) await until(() => process.complaints().includes(sentence));
      await systemClock.sleep(ABSENT_MS);
      t.match(serving.complaints(), `${sentence} Start it, or correct`);
      proxy.heal();
    }
    t.same(await ready, ['ready', 'ready', 'ready'], 'every process becomes ready without a restart');
    t.match(await bed.start('without a bus'), { kind: 'started', dispatched: false });
    await untilHealth(port, 'down');
    await bed.nats.start();
    t.match(await untilHealth(port, 'ok'), { status: 200 });
    await bed.busReached();
    await bed.start('with it');
    await bed.settled(bed.answers.length);
    t.same(await bed.broken(), []);
    for (const process of all) {
      process.signal('SIGTERM');
      t.equal(await process.ended, 0);
    }
  });

  await t.test('a process that waits for a server ends at a signal', async (t) => {
    for (const [what, proxy] of servers) {
      proxy.goAway();
      t.ok((await msToEnd()) < CONNECT_LIMIT_MS, `${what} is away: at once`);
      if (longRun) {
        proxy.hang();
        t.ok((await msToEnd()) < CONNECT_LIMIT_MS, `${what} says nothing: once the attempt in hand is over`);
      }
      proxy.heal();
    }

    async function msToEnd(): Promise<number> {
      const port = await freePort();
      const waiting = bed.launch(web, { OPSLEDGER_PORT: String(port) });
      await untilHealth(port);
      const began = performance.now();
      waiting.signal('SIGTERM');
      t.equal(await waiting.ended, 0);
      t.comment(`${Math.round(performance.now() - began)} ms`);
      return performance.now() - began;
    }
  });

  await t.test('a problem that waiting can’t solve ends the process with a sentence', async (t) => {
    const url = new URL(bed.database.url);
    url.pathname = '/there_is_no_such_database';
    const refused = bed.launch(worker, { DATABASE_URL: url.href });
    t.equal(await refused.ended, 1);
    t.match(refused.complaints(), 'there_is_no_such_database');
  });
});
