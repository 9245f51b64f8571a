import { sql } from 'kysely';
import { dispatchProjection } from '../../projections/dispatch/active-runs-projection.js';
import type { Projection } from '../../projections/engine/projection.js';
import { createProjector } from '../../projections/engine/projector.js';
import { hubProjection } from '../../projections/hub/hub-projection.js';
import { systemClock } from '../../src/clock.js';
import { productEvents } from '../../src/program/product-events.js';
import { dumpSchema } from '../projections/read-models.js';
import { silent, type TestDatabase, testDatabase } from './database.js';
import type { FaultBed } from './fault-bed.js';

type Teardown = Parameters<typeof testDatabase>[0];
export type Rows = Readonly<Record<string, Record<string, string[]>>>;

const PROJECTIONS = [hubProjection, dispatchProjection];
const ARRIVAL_MS_MAX = 60_000;

/** P5: every row of the read models after the faults, and the rows of a new fold of the same log. */
export async function rowsAndFold(t: Teardown, bed: FaultBed): Promise<{ rows: Rows; fold: Rows }> {
  const fresh = await testDatabase(t);
  await Promise.all(PROJECTIONS.map((projection) => build(projection, bed, fresh)));
  const fold = await dump(fresh);
  await untilAt(bed, await lastEvents(fresh));
  return { rows: await dump(bed.database), fold };
}

async function build(projection: Projection, bed: FaultBed, { db, url }: TestDatabase): Promise<void> {
  const projector = createProjector({
    log: bed.log,
    db,
    databaseUrl: url,
    projection,
    decode: productEvents.decode,
    clock: systemClock,
    logger: silent,
  });
  projector.start();
  const caughtUp = await projector.waitUntil((status) => status.caughtUp, { timeoutMs: ARRIVAL_MS_MAX });
  await projector.stop();
  if (!caughtUp) throw new Error(`no fresh fold: ${JSON.stringify(projector.status())}`);
}

const dump = async ({ db }: TestDatabase): Promise<Rows> =>
  Object.fromEntries(
    await Promise.all(
      PROJECTIONS.map(async (projection) => {
        const schema = projection.schema;
        return [schema, await dumpSchema(db, schema)] as const;
      }),
    ),
  );

/** The position of the last event in the rows, for each projection; undefined while it can't be read. */
async function lastEvents({ db }: TestDatabase): Promise<readonly number[] | undefined> {
  try {
    const read = PROJECTIONS.map(async (projection) => {
      const { rows } = await sql<{ at: number }>`
        select event_position as at from ${sql.id(projection.schema, 'checkpoint')}`.execute(db);
      return rows[0]?.at ?? -1;
    });
    return await Promise.all(read);
  } catch {
    // The server is still starting again.
    return undefined;
  }
}

async function untilAt({ database }: FaultBed, wanted: readonly number[] | undefined): Promise<void> {
  if (!wanted) throw new Error('the fresh fold is not readable');
  const began = performance.now();
  while (performance.now() - began < ARRIVAL_MS_MAX) {
    const reached = await lastEvents(database);
    if (reached?.every((position, index) => position >= (wanted[index] ?? 0))) return;
    await systemClock.sleep(50);
  }
  throw new Error(`the rows did not come to ${wanted}`);
}
