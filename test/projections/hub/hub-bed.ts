import { type Kysely, sql } from 'kysely';
import { applyBatch, endedBy } from '../../../projections/engine/fold-batch.js';
import { createRowCache } from '../../../projections/engine/row-cache.js';
import { ensureSchema, enterSchema } from '../../../projections/engine/schema.js';
import type { HubTables } from '../../../projections/hub/hub-models.js';
import { hubProjection } from '../../../projections/hub/hub-projection.js';
import { createWriterPool } from '../../../src/db/pools.js';
import type { RawEvent } from '../../../src/ledger/event-log.js';
import { productEvents } from '../../../src/program/product-events.js';
import { silent, testDatabase } from '../../support/database.js';

/** The hub's folds on real tables without a projector. The test chooses the batches. */
export interface HubBed {
  readonly db: Kysely<HubTables>;
  /** Applies events to the schema with this name. A new batch begins at each of the given indexes. */
  apply(schema: string, events: readonly RawEvent[], cuts?: readonly number[]): Promise<void>;
  /** All rows of a table. */
  rows<Table extends keyof HubTables & string>(schema: string, table: Table): Promise<HubTables[Table][]>;
}

export async function hubBed(t: Parameters<typeof testDatabase>[0]): Promise<HubBed> {
  const { url } = await testDatabase(t);
  const db = createWriterPool<HubTables>(url, { logger: silent });
  t.teardown(() => db.destroy());
  const plain = createWriterPool<unknown>(url, { logger: silent, connectionsMax: 2 });
  t.teardown(() => plain.destroy());
  return {
    db,
    async apply(schema, events, cuts = []) {
      await ensureSchema(plain, hubProjection, schema);
      const edges = [0, ...cuts, events.length];
      const cache = createRowCache(hubProjection.models);
      for (let n = 1; n < edges.length; n++) {
        const batch = events.slice(edges[n - 1], edges[n]).map(productEvents.decode);
        const rows = await plain.transaction().execute(async (tx) => {
          await enterSchema(tx, schema);
          return applyBatch(hubProjection, batch, tx, cache);
        });
        cache.keep(rows, endedBy(hubProjection, batch));
      }
    },
    async rows(schema, table) {
      type Row = HubTables[typeof table];
      const { rows } = await sql<Row>`select * from ${sql.id(schema, table)}`.execute(db);
      return rows;
    },
  };
}
