import { type Kysely, sql } from 'kysely';
import type { Clock } from '../../clock.js';
import type { PrimaryTables } from '../../db/primary-tables.js';
import { LIMITS } from '../limits.js';
import { hashSecret, newSecret } from './secrets.js';

export interface Session {
  readonly sessionHash: string;
  readonly personId: string;
}

/** Sessions of people; only the hash of a session's token is stored. */
export interface SessionStore {
  /** Opens a session and returns the token for its cookie. */
  open(personId: string): Promise<string>;
  /** The session of a token, unless it has ended, has expired or was idle for too long. */
  find(token: string): Promise<Session | undefined>;
  close(token: string): Promise<void>;
  /** Those of the given sessions, by hash, that have not ended. */
  stillOpen(sessionHashes: readonly string[]): Promise<ReadonlySet<string>>;
  /** Removes sessions that have ended. */
  removeExpired(): Promise<void>;
}

/** A session store on the primary data. It takes the time from the given clock. */
export function createSessionStore(db: Kysely<PrimaryTables>, clock: Clock): SessionStore {
  return {
    async open(personId) {
      const token = newSecret();
      const now = clock.now();
      await db
        .insertInto('opsledger.sessions')
        .values({
          session_hash: hashSecret(token),
          person_id: personId,
          created_at: new Date(now),
          last_seen_at: new Date(now),
          expires_at: new Date(now + LIMITS.sessionLifetimeMs),
        })
        .execute();
      return token;
    },

    async find(token) {
      const sessionHash = hashSecret(token);
      const now = clock.now();
      const row = await db
        .selectFrom('opsledger.sessions')
        .select(['person_id', 'last_seen_at'])
        .where('session_hash', '=', sessionHash)
        .where('expires_at', '>', new Date(now))
        .where('last_seen_at', '>', new Date(now - LIMITS.sessionIdleMs))
        .executeTakeFirst();
      if (!row) return undefined;
      if (row.last_seen_at.getTime() < now - LIMITS.sessionTouchMs) {
        await db
          .updateTable('opsledger.sessions')
          .set({ last_seen_at: new Date(now) })
          .where('session_hash', '=', sessionHash)
          .execute();
      }
      return { sessionHash, personId: row.person_id };
    },

    async close(token) {
      await db.deleteFrom('opsledger.sessions').where('session_hash', '=', hashSecret(token)).execute();
    },

    async stillOpen(sessionHashes) {
      if (sessionHashes.length === 0) return new Set();
      const now = clock.now();
      const rows = await db
        .selectFrom('opsledger.sessions')
        .select('session_hash')
        .where(sql<boolean>`session_hash = any(${sessionHashes})`)
        .where('expires_at', '>', new Date(now))
        .where('last_seen_at', '>', new Date(now - LIMITS.sessionIdleMs))
        .execute();
      return new Set(rows.map(({ session_hash }) => session_hash));
    },

    async removeExpired() {
      const now = clock.now();
      await db
        .deleteFrom('opsledger.sessions')
        .where((where) =>
          where.or([
            where('expires_at', '<=', new Date(now)),
            where('last_seen_at', '<=', new Date(now - LIMITS.sessionIdleMs)),
          ]),
        )
        .execute();
    },
  };
}
