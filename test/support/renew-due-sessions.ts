import { systemClock } from '../../src/clock.js';
import { createOidcClient } from '../../src/web/auth/oidc-client.js';
import type { OidcSettings } from '../../src/web/auth/oidc-settings.js';
import { renewSessions } from '../../src/web/auth/renew-sessions.js';
import { createSessionStore } from '../../src/web/auth/session-store.js';
import { silent } from './database.js';

type SessionDatabase = Parameters<typeof createSessionStore>[0];

/**
 * Makes one pass over the sessions that are due for renewal at a time. `endSession` gets the hash of each session that
 * ends; passes with the same `client` know the provider as a running product does.
 */
export async function renewDueSessions(
  db: SessionDatabase,
  settings: OidcSettings,
  now: number,
  endSession: (hash: string) => void = () => undefined,
  client = createOidcClient(settings, systemClock),
): Promise<void> {
  const passes = new AbortController();
  let sleeps = 0;
  const clock = {
    ...systemClock,
    now: () => now,
    sleep: async () => {
      if (++sleeps === 2) passes.abort();
    },
  };
  await renewSessions({
    sessions: createSessionStore(db, clock, settings.renewalKey),
    client,
    streams: { endSession },
    clock,
    logger: silent,
    signal: passes.signal,
  });
}
