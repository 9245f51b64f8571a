import t from 'tap';
import { systemClock } from '../../src/clock.js';
import { createFaultBed, longRun } from '../support/fault-bed.js';
import { freePort } from '../support/free-port.js';
import { untilHealth } from '../support/health.js';
import { skipWithoutNats } from '../support/system-parts.js';

const projector = { kind: 'program' as const, roles: ['projector' as const] };
const worker = { kind: 'program' as const, roles: ['worker' as const] };
const web = { kind: 'program' as const, roles: ['web' as const] };
const ABSENT_MS = longRun ? 30_000 : 2_000;
/** The longest time for one attempt to reach PostgreSQL, including ending it. */
const CONNECT_LIMIT_MS = 7_000;

t.test('X15: what is absent at the start', { skip: skipWithoutNats() }, async (t) => {
  const bed = await createFaultBed(t);
  const servers = [
    ['PostgreSQL', bed.databaseProxy],
    ['the event store', bed.storeProxy],
  ] as const;

  for (const [what, proxy] of servers)
    await t.test(`${what} may start later`, async (t) => {
      proxy.goAway();
      const port = await freePort();
      const [waiting, serving] = [bed.launch(worker), bed.launch(web, { OPSLEDGER_PORT: String(port) })];
      const ready = Promise.all([waiting.line(), serving.line()]);
      const sentence = `Waiting for ${what}, which does not answer.`;
      t.match(await untilHealth(port), { status: 503, body: { status: 'down', reason: sentence } });
      await systemClock.sleep(ABSENT_MS);
      t.match(waiting.complaints(), `${sentence} Start it, or correct`);
      proxy.heal();
      t.same(await ready, ['ready', 'ready'], 'they go on by themselves');
      const running = await bed.process(projector);
      // The health is degraded until the read models are built and every part has reported.
      t.match(await untilHealth(port, 'ok'), { status: 200 });
      await bed.start(`after ${what}`);
      await bed.settled(bed.answers.length);
      t.same(await bed.broken(), []);
      for (const process of [waiting, serving, running]) {
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

  await t.test('NATS may come later', async (t) => {
    await bed.nats.kill();
    await Promise.all([bed.process(projector), bed.process(worker)]);
    t.match(await bed.start('without a bus'), { kind: 'started', dispatched: false });
    await bed.nats.start();
    await bed.start('with it');
    await bed.settled(bed.answers.length);
    t.same(await bed.broken(), []);
  });
});
