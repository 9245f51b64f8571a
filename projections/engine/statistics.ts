import { type Kysely, sql } from 'kysely';
import type { Logger } from 'pino';
import type { CheckpointRow } from './checkpoint.js';
import type { Projection } from './projection.js';

/** Events after which statistics are renewed for the first time. */
const ANALYZE_AFTER_EVENTS = 500;
/** After that they are renewed whenever the number of events has grown by this factor. */
const ANALYZE_GROWTH = 1.5;

interface StatisticsOptions {
  readonly projection: Projection;
  readonly schema: string;
  readonly logger: Logger;
}

/**
 * Renews the planner's statistics while the rows grow, because autovacuum is too slow: PostgreSQL assumes that a
 * growing table is empty and chooses an index that reads a whole run for each row. The function is called with each
 * committed checkpoint and resolves when its work is done. A failure is logged and costs only speed.
 */
export function createStatistics(
  db: Kysely<unknown>,
  { projection, schema, logger }: StatisticsOptions,
  opened: CheckpointRow,
): (committed: CheckpointRow) => Promise<void> {
  let dueAt = opened.events + ANALYZE_AFTER_EVENTS;
  return async ({ events }) => {
    if (events < dueAt) return;
    dueAt = events * ANALYZE_GROWTH;
    try {
      for (const { name } of projection.tables)
        await sql`analyze (skip_locked) ${sql.id(schema, name)}`.execute(db);
    } catch (error) {
      logger.warn({ schema, err: error }, 'the statistics of the read models could not be renewed');
    }
  };
}
