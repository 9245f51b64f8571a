import type { Logger } from 'pino';
import type { Clock } from '../../clock.js';
import { LIMITS } from '../limits.js';
import type { LiveStreams } from '../live/live-streams.js';
import type { SessionStore } from './session-store.js';

export interface EndClosedSessionsOptions {
  readonly sessions: SessionStore;
  readonly streams: LiveStreams;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

/**
 * Ends the live streams of sessions that were signed out in another process, have expired or were idle for too long.
 * One query checks all of them, every `sessionCheckMs` until the signal aborts.
 */
export async function endClosedSessions(options: EndClosedSessionsOptions): Promise<void> {
  const { sessions, streams, clock, logger, signal } = options;
  while (!signal.aborted) {
    await clock.sleep(LIMITS.sessionCheckMs, signal);
    const held = streams.sessions();
    if (signal.aborted || held.length === 0) continue;
    try {
      const open = await sessions.stillOpen(held);
      for (const session of held) if (!open.has(session)) streams.endSession(session);
    } catch (error) {
      // No page can be rendered without the database, so it is enough to check again later.
      logger.warn({ err: error }, 'the sessions of live pages could not be checked');
    }
  }
}
