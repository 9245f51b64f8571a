import { type Kysely, sql } from 'kysely';
import type { Logger } from 'pino';
import type { CheckpointRow } from './checkpoint.js';
import type { Projection } from './projection.js';

/** Events of a term after which statistics are renewed for the first time. */
const ANALYZE_AFTER_EVENTS = 500;
/** Then whenever there are this many times as many. */
const ANALYZE_GROWTH = 1.5;

interface Analyzed {
  readonly projection: Projection;
  readonly schema: string;
  readonly logger: Logger;
}

/**
 * Renews the planner's statistics as the rows of a term grow: told each checkpoint that is committed, it resolves
 * once it has done what is due. Rows come faster than autovacuum looks: a table that it takes for empty has its
 * rows looked up by whichever index, one whole run after the other. A failure is logged and costs only speed.
 */
export function createStatistics(
  db: Kysely<unknown>,
  { projection, schema, logger }: Analyzed,
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
