import type { Kysely } from 'kysely';
import { type Chance, systemChance } from '../../src/clock.js';
import { type BuildOptions, buildSchema, dropSchema, nextSchemaName, RebuildError } from './build-schema.js';
import { releaseLeaderLock, tryLeaderLock } from './leader-lock.js';

export interface RebuildOptions<DB = unknown> extends Omit<BuildOptions, 'db' | 'chance' | 'switchAtPoison'> {
  /** The writer pool; up to three of its connections are used. */
  readonly db: Kysely<DB>;
  readonly chance?: Chance;
  /** Ends the rebuild and leaves the live rows unchanged. */
  readonly signal?: AbortSignal;
}

/**
 * Builds a projection's rows again from the whole log in a second schema and puts that in the live one's place. It
 * may run beside live projectors, in any process. Resolves with the position and the number of events of the new
 * rows. Throws RebuildError when another build is under way, when the switch does not happen or when the signal
 * aborts, and PoisonEventError at an event that can't be applied.
 */
export async function rebuild<DB>(
  options: RebuildOptions<DB>,
): Promise<{ readonly position: number; readonly events: number }> {
  const db = options.db as Kysely<unknown>;
  const { projection, logger, clock, chance = systemChance, signal = new AbortController().signal } = options;
  const next = nextSchemaName(projection.schema);
  return db.connection().execute(async (connection) => {
    if (!(await tryLeaderLock(connection, next)))
      throw new RebuildError(`${projection.schema} is being rebuilt already.`);
    try {
      // An interrupted build may contain the fault that this rebuild is to correct.
      await dropSchema(connection, next, clock);
      return await buildSchema(connection, { ...options, db, chance, switchAtPoison: false }, signal);
    } finally {
      await releaseLeaderLock(connection, next, logger);
    }
  });
}
