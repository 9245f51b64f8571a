import pg from 'pg';
import { buildSchema } from '../../../projections/engine/build-schema.js';
import { hubProjection } from '../../../projections/hub/hub-projection.js';
import { systemChance, systemClock } from '../../../src/clock.js';
import { createWriterPool } from '../../../src/db/pools.js';
import { productEvents } from '../../../src/program/product-events.js';
import { silent } from '../../support/database.js';
import { generateLog } from '../../support/generated-log.js';

/**
 * Builds the hub's schema and kills itself before it sends the n-th statement that holds the given text:
 * `node build-process.js <database> <seed> <events> <text> <n>`.
 */
const [databaseUrl = '', seed, events, text = '', nth] = process.argv.slice(2);
const { log } = await generateLog({ seed: Number(seed), events: Number(events) });
const db = createWriterPool<unknown>(databaseUrl, { logger: silent });
let met = 0;
const send = pg.Client.prototype.query;
pg.Client.prototype.query = function query(this: pg.Client, ...given: unknown[]) {
  const [statement] = given;
  const said = typeof statement === 'string' ? statement : JSON.stringify(statement);
  if (said.includes(text)) {
    met += 1;
    if (met === Number(nth)) process.kill(process.pid, 'SIGKILL');
  }
  return Reflect.apply(send, this, given);
};
await db.connection().execute(async (connection) => {
  await buildSchema(
    connection,
    {
      log,
      db,
      databaseUrl,
      projection: hubProjection,
      decode: productEvents.decode,
      clock: systemClock,
      chance: systemChance,
      logger: silent,
      switchAtPoison: false,
      limits: { fill: { batchEventsMax: 100, batchBytesMax: 1024 * 1024 } },
    },
    new AbortController().signal,
  );
});
process.exit(0);
