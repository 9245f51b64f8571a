import type { Kysely } from 'kysely';
import { type Chance, systemChance } from '../../src/clock.js';
import { type BuildOptions, besideName, buildSchema, dropSchema, RebuildError } from './build-schema.js';
import { releaseLeaderLock, tryLeaderLock } from './leader-lock.js';

export interface RebuildOptions<DB = unknown> extends Omit<BuildOptions, 'db' | 'chance' | 'switchAtPoison'> {
  /** The writer pool; up to three of its connections are used. */
  readonly db: Kysely<DB>;
  readonly chance?: Chance;
  /** Gives up and leaves everything as it was. */
  readonly signal?: AbortSignal;
}

/**
 * Builds a projection's rows anew from the whole log, in a schema beside the live one, and puts it in the live
 * one's place. Runs beside live projectors, in any process. Resolves with the position and the number of events of
 * the new rows. Throws RebuildError when another build is under way, when the switch doesn't come about or when the
 * signal aborts, and what a projector would pause at (PoisonEventError).
 */
export async function rebuild<DB>(
  options: RebuildOptions<DB>,
): Promise<{ readonly position: number; readonly events: number }> {
  const db = options.db as Kysely<unknown>;
  const { projection, logger, clock, chance = systemChance, signal = new AbortController().signal } = options;
  const beside = besideName(projection.schema);
  return db.connection().execute(async (connection) => {
    if (!(await tryLeaderLock(connection, beside)))
      throw new RebuildError(`${projection.schema} is being rebuilt already.`);
    try {
      // What an earlier build has left may hold what this one is asked to mend.
      await dropSchema(connection, beside, clock);
      return await buildSchema(connection, { ...options, db, chance, switchAtPoison: false }, signal);
    } finally {
      await releaseLeaderLock(connection, beside).catch((error: unknown) =>
        logger.debug({ err: error }, 'the lock went with its connection'),
      );
    }
  });
}
