import type { Logger } from 'pino';
import type { Clock } from '../../clock.js';
import type { SessionStore } from './session-store.js';

const SWEEP_EVERY_MS = 60 * 60 * 1000;

/** Removes ended sessions now and every hour until the signal aborts. It goes on after errors of the database. */
export async function sweepSessions(
  sessions: SessionStore,
  options: { readonly clock: Clock; readonly logger: Logger; readonly signal: AbortSignal },
): Promise<void> {
  const { clock, logger, signal } = options;
  while (!signal.aborted) {
    try {
      await sessions.removeExpired();
    } catch (error) {
      logger.warn({ err: error }, 'ended sessions could not be removed; trying again in an hour');
    }
    await clock.sleep(SWEEP_EVERY_MS, signal);
  }
}
