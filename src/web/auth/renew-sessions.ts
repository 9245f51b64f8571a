import type { Logger } from 'pino';
import type { Clock } from '../../clock.js';
import { LIMITS } from '../limits.js';
import type { LiveStreams } from '../live/live-streams.js';
import type { OidcClient } from './oidc-client.js';
import { OidcFailure } from './oidc-failure.js';
import type { RenewableSession, SessionStore } from './session-store.js';

export interface RenewSessionsOptions {
  readonly sessions: SessionStore;
  readonly client: Pick<OidcClient, 'renew'>;
  readonly streams: Pick<LiveStreams, 'endSession'>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

/**
 * Asks the provider about every session's sign-in once an hour, until the signal aborts, and ends the sessions of
 * accounts that have ended there. Sessions go on while the provider can't be reached.
 */
export async function renewSessions(options: RenewSessionsOptions): Promise<void> {
  const { clock, logger, signal } = options;
  while (!signal.aborted) {
    await clock.sleep(LIMITS.sessionRenewCheckMs, signal);
    try {
      while (!signal.aborted && (await renewOne(options)));
    } catch (error) {
      logger.warn({ err: error }, 'sign-ins could not be renewed; trying again later');
    }
  }
}

/** Renews one session that is due. Resolves to false when none is, or when the provider doesn't answer. */
async function renewOne(options: RenewSessionsOptions): Promise<boolean> {
  const { sessions, streams, logger } = options;
  const due = await sessions.takeRenewable();
  if (!due) return false;
  const answer = await askProvider(options, due);
  if (answer === 'unanswered') return false;
  if (answer === 'ended') {
    await sessions.end(due.sessionHash);
    streams.endSession(due.sessionHash);
    logger.info('a session ended, because its sign-in has ended at the provider');
  } else await sessions.renewed(due.sessionHash, answer.refreshToken);
  return true;
}

async function askProvider(
  { client, logger }: RenewSessionsOptions,
  { refreshToken }: RenewableSession,
): Promise<{ readonly refreshToken: string } | 'ended' | 'unanswered'> {
  if (refreshToken === undefined) return 'ended';
  try {
    return { refreshToken: await client.renew(refreshToken) };
  } catch (error) {
    if (!(error instanceof OidcFailure)) throw error;
    if (error.kind === 'ended') return 'ended';
    logger.warn({ kind: error.kind, code: error.code }, 'the provider did not renew a sign-in');
    return 'unanswered';
  }
}
