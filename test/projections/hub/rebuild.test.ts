import { sql } from 'kysely';
import t from 'tap';
import { createProjector } from '../../../projections/engine/projector.js';
import { hubProjection } from '../../../projections/hub/hub-projection.js';
import { systemClock } from '../../../src/clock.js';
import { createWriterPool } from '../../../src/db/pools.js';
import { productEvents } from '../../../src/program/product-events.js';
import { silent, testDatabase } from '../../support/database.js';
import { generateLog } from '../../support/generated-log.js';
import { createMemoryLog } from '../../support/memory-log.js';
import { createSeededChance } from '../../support/seeded-chance.js';
import { arrive, dumpSchema } from '../read-models.js';

const SEED = Number(process.env.SEED ?? 20260105);
const EVENTS = 4_000;

t.test(`a dropped and rebuilt schema is the live-built one, row by row (seed ${SEED})`, async (t) => {
  const { url } = await testDatabase(t);
  const db = createWriterPool<unknown>(url, { logger: silent });
  t.teardown(() => db.destroy());
  const complete = await generateLog({ seed: SEED, events: EVENTS });

  // The log grows in small pieces while the projector follows.
  const growing = createMemoryLog();
  const chance = createSeededChance(SEED);
  const live = createProjector({
    log: growing,
    db,
    databaseUrl: url,
    projection: hubProjection,
    decode: productEvents.decode,
    clock: systemClock,
    logger: silent,
  });
  live.start();
  for (const event of complete.log.events) {
    await growing.append(
      event.stream,
      [{ ...event, metadata: event.metadata as Record<string, string> }],
      event.revision - 1,
    );
    if (chance.fraction() < 0.02) await arrive(live, growing);
  }
  await arrive(live, growing);
  await live.stop();
  const before = await dumpSchema(db, hubProjection.schema);
  for (const [table, rows] of Object.entries(before)) t.ok(rows.length > 0, `${table} is not empty`);

  await sql`drop schema ${sql.id(hubProjection.schema)} cascade`.execute(db);
  const again = createProjector({
    log: complete.log,
    db,
    databaseUrl: url,
    projection: hubProjection,
    decode: productEvents.decode,
    clock: systemClock,
    logger: silent,
  });
  again.start();
  await arrive(again, complete.log);
  await again.stop();
  const after = await dumpSchema(db, hubProjection.schema);
  t.same(Object.keys(after), Object.keys(before));
  for (const [table, rows] of Object.entries(before))
    t.same(after[table], rows, `${table}: ${rows.length} rows`);
});
