import { sql } from 'kysely';
import t from 'tap';
import { PoisonEventError } from '../../../projections/engine/failures.js';
import { rebuild } from '../../../projections/engine/rebuild.js';
import type { HubTables } from '../../../projections/hub/hub-models.js';
import { hubProjection } from '../../../projections/hub/hub-projection.js';
import { systemClock } from '../../../src/clock.js';
import { withoutTenant } from '../../../src/db/with-tenant.js';
import { productEvents } from '../../../src/program/product-events.js';
import { silent } from '../../support/database.js';
import { generateLog } from '../../support/generated-log.js';
import { feed, logOf, projectorBed, reach } from '../projector-bed.js';
import { arrive } from '../read-models.js';

const base = { decode: productEvents.decode, projection: hubProjection, clock: systemClock, logger: silent };

t.test('a rebuild replaces the live rows while events are written (X18)', async (t) => {
  const bed = await projectorBed(t);
  const { log: source } = await generateLog({ seed: 41, events: 1_200 });
  const log = await logOf(source.events.slice(0, 600));
  const projector = bed.start(log);
  await arrive(projector, log);
  await sql`update ${sql.id(hubProjection.schema, 'runs')} set title = 'spoiled'`.execute(bed.plain);

  const hub = bed.hub<HubTables>();
  const seen: number[] = [];
  const over = new AbortController();
  const reading = (async () => {
    while (!over.signal.aborted) {
      const { rows } = await withoutTenant(hub, (db) =>
        sql<{ position: number }>`select position from ${sql.id(hubProjection.schema, 'checkpoint')}`.execute(
          db,
        ),
      );
      seen.push(rows[0]?.position ?? Number.NaN);
    }
  })();
  const writing = (async () => {
    for (let from = 600; from < source.events.length; from += 40) {
      await feed(log, source.events.slice(from, from + 40));
      await projector.waitFor(from, { timeoutMs: 10_000 });
    }
  })();
  const result = await rebuild({ ...base, log, databaseUrl: bed.url, db: bed.plain });
  t.ok(result.position >= 599, `switched at position ${result.position} with ${result.events} events`);
  await writing;
  await arrive(projector, log);
  over.abort();
  await reading;
  await projector.stop();

  t.ok(
    seen.every((position, n) => n === 0 || position >= (seen[n - 1] ?? 0)),
    'pages never see the position go back',
  );
  const { rows } = await sql<{ name: string }>`
    select nspname as name from pg_namespace where nspname like 'hub%'`.execute(bed.plain);
  t.same(rows, [{ name: hubProjection.schema }], 'nothing is left beside');
  const dump = await bed.dump();
  t.notMatch(JSON.stringify(dump.runs), 'spoiled');
  t.same(dump, await bed.freshDump(source));
});

t.test('it works without live rows, and only once at a time', async (t) => {
  const bed = await projectorBed(t);
  const { log } = await generateLog({ seed: 42, events: 600 });
  const both = await Promise.allSettled([
    rebuild({ ...base, log, databaseUrl: bed.url, db: bed.plain }),
    rebuild({ ...base, log, databaseUrl: bed.url, db: bed.plain }),
  ]);
  const refused = both.find((one) => one.status === 'rejected');
  t.match(refused?.reason, { name: 'RebuildError', message: /being rebuilt already/ });
  const made = both.find((one) => one.status === 'fulfilled');
  t.match(made?.value, { position: log.events.length - 1, events: log.events.length });
  const rebuilt = await bed.dump();
  t.same(rebuilt, await bed.freshDump(log));
});

t.test('an event that would pause a projector ends the rebuild, and the live rows stay', async (t) => {
  const bed = await projectorBed(t);
  const { log } = await generateLog({ seed: 43, events: 120 });
  const projector = bed.start(log);
  await arrive(projector, log);
  const before = await bed.dump();
  await log.append('operation-x', [{ id: 'x', type: 'RunForeseen', data: {}, metadata: {} }], -1);
  await t.rejects(rebuild({ ...base, log, databaseUrl: bed.url, db: bed.plain }), PoisonEventError);
  await reach(projector, (status) => status.state === 'paused');
  await projector.stop();
  t.same(await bed.dump(), before);
});

t.test('it can be stopped', async (t) => {
  const bed = await projectorBed(t);
  const { log } = await generateLog({ seed: 44, events: 120 });
  await t.rejects(
    rebuild({ ...base, log, databaseUrl: bed.url, db: bed.plain, signal: AbortSignal.abort() }),
    {
      name: 'RebuildError',
    },
  );
});
