import type { Chance } from '../../../clock.js';
import type { EntraAccount } from './entra-directories.js';

/** Who is signed in at the simulated Entra, by browser. */
export interface BrowserSessions {
  accounts(sessionId: string | undefined): readonly EntraAccount[];
  /** Signs an account in and returns the browser's session id, a new one where it has none. */
  add(sessionId: string | undefined, account: EntraAccount): string;
  /** Signs an account out of a browser, or all of them. */
  remove(sessionId: string | undefined, objectId?: string): void;
  /** Signs an account out of every browser. */
  end(objectId: string): void;
}

/** Most browsers with a session; the oldest sessions are forgotten. */
const SESSIONS_MAX = 10_000;

export function createBrowserSessions(chance: Chance): BrowserSessions {
  const sessions = new Map<string, readonly EntraAccount[]>();
  const without = (accounts: readonly EntraAccount[], objectId: string) =>
    accounts.filter(({ person }) => person.objectId !== objectId);

  return {
    accounts: (sessionId) => sessions.get(sessionId ?? '') ?? [],
    add(sessionId, account) {
      const known = sessions.get(sessionId ?? '');
      const id = known && sessionId !== undefined ? sessionId : chance.uuid();
      const [oldest] = sessions.keys();
      if (!known && sessions.size >= SESSIONS_MAX && oldest !== undefined) sessions.delete(oldest);
      sessions.set(id, [...without(known ?? [], account.person.objectId), account]);
      return id;
    },
    remove(sessionId, objectId) {
      const known = sessions.get(sessionId ?? '');
      if (!known || sessionId === undefined) return;
      sessions.set(sessionId, objectId === undefined ? [] : without(known, objectId));
    },
    end(objectId) {
      for (const [id, accounts] of sessions) sessions.set(id, without(accounts, objectId));
    },
  };
}
