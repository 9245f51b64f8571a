import { type Kysely, sql } from 'kysely';
import type { Clock } from '../../clock.js';
import type { PrimaryTables } from '../../db/primary-tables.js';
import { BrokenSealError, open, seal } from '../../db/sealed-bytes.js';
import { LIMITS } from '../limits.js';
import { hashSecret, newSecret } from './secrets.js';

export interface Session {
  readonly sessionHash: string;
  readonly personId: string;
}

/** A session whose sign-in the provider must confirm again. */
export interface RenewableSession {
  readonly sessionHash: string;
  /** Undefined when it was sealed under another master key. */
  readonly refreshToken: string | undefined;
}

/** Sessions of people; only the hash of a session's token is stored. */
export interface SessionStore {
  /**
   * Opens a session and returns the token for its cookie. With the provider's refresh token, the session becomes due for
   * renewal.
   */
  open(personId: string, refreshToken?: string): Promise<string>;
  /** The session of a token, unless it has ended, has expired or was idle for too long. */
  find(token: string): Promise<Session | undefined>;
  close(token: string): Promise<void>;
  /**
   * Takes one session that is due for renewal, so that no other process does it. It is due again after a while, also
   * when this process dies.
   */
  takeRenewable(): Promise<RenewableSession | undefined>;
  /** Stores the refresh token for the next renewal. */
  renewed(sessionHash: string, refreshToken: string): Promise<void>;
  /** Stores the person's own token for Microsoft Graph, which lives for this time at most. */
  keepGraphToken(sessionHash: string, token: string, lifeMs: number): Promise<void>;
  /** The session's token for Microsoft Graph, unless there is none, it has expired or its seal can't be opened. */
  graphToken(sessionHash: string): Promise<string | undefined>;
  /** Ends a session by its hash. */
  end(sessionHash: string): Promise<void>;
  /** Those of the given sessions, by hash, that have not ended. */
  stillOpen(sessionHashes: readonly string[]): Promise<ReadonlySet<string>>;
  /** Removes sessions that have ended. */
  removeExpired(): Promise<void>;
}

/**
 * A session store on the primary data. It takes the time from the given clock. Refresh tokens and tokens for Graph are
 * sealed under `renewalKey` (32 bytes); without a key none is stored, and no session is renewed.
 */
export function createSessionStore(
  db: Kysely<PrimaryTables>,
  clock: Clock,
  renewalKey?: Buffer,
): SessionStore {
  const sealedRenewal = (sessionHash: string, refreshToken: string, key: Buffer) => ({
    sealed_renewal: seal(key, Buffer.from(refreshToken), placeOf(sessionHash)),
    renew_at: new Date(clock.now() + LIMITS.sessionRenewEveryMs),
  });

  function opened(key: Buffer, sealed: Buffer, place: string): string | undefined {
    try {
      return open(key, sealed, place).toString();
    } catch (error) {
      if (!(error instanceof BrokenSealError)) throw error;
      return undefined;
    }
  }

  return {
    async open(personId, refreshToken) {
      const token = newSecret();
      const sessionHash = hashSecret(token);
      const now = clock.now();
      await db
        .insertInto('opsledger.sessions')
        .values({
          session_hash: sessionHash,
          person_id: personId,
          created_at: new Date(now),
          last_seen_at: new Date(now),
          expires_at: new Date(now + LIMITS.sessionLifetimeMs),
          ...(refreshToken && renewalKey ? sealedRenewal(sessionHash, refreshToken, renewalKey) : {}),
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
      await this.end(hashSecret(token));
    },

    async takeRenewable() {
      if (!renewalKey) return undefined;
      const now = clock.now();
      const row = await db
        .updateTable('opsledger.sessions')
        .set({ renew_at: new Date(now + LIMITS.sessionRenewRetryMs) })
        .where('session_hash', 'in', (due) =>
          due
            .selectFrom('opsledger.sessions')
            .select('session_hash')
            .where('renew_at', '<=', new Date(now))
            .where('expires_at', '>', new Date(now))
            .where('last_seen_at', '>', new Date(now - LIMITS.sessionIdleMs))
            .orderBy('renew_at')
            .limit(1)
            .forUpdate()
            .skipLocked(),
        )
        .returning(['session_hash', 'sealed_renewal'])
        .executeTakeFirst();
      if (!row?.sealed_renewal) return undefined;
      const sessionHash = row.session_hash;
      return { sessionHash, refreshToken: opened(renewalKey, row.sealed_renewal, placeOf(sessionHash)) };
    },

    async renewed(sessionHash, refreshToken) {
      if (!renewalKey) return;
      await db
        .updateTable('opsledger.sessions')
        .set(sealedRenewal(sessionHash, refreshToken, renewalKey))
        .where('session_hash', '=', sessionHash)
        .execute();
    },

    async keepGraphToken(sessionHash, token, lifeMs) {
      if (!renewalKey) return;
      await db
        .updateTable('opsledger.sessions')
        .set({
          sealed_graph_token: seal(renewalKey, Buffer.from(token), tokenPlaceOf(sessionHash)),
          graph_token_ends_at: new Date(clock.now() + lifeMs),
        })
        .where('session_hash', '=', sessionHash)
        .execute();
    },

    async graphToken(sessionHash) {
      if (!renewalKey) return undefined;
      const row = await db
        .selectFrom('opsledger.sessions')
        .select('sealed_graph_token')
        .where('session_hash', '=', sessionHash)
        .where('graph_token_ends_at', '>', new Date(clock.now()))
        .executeTakeFirst();
      return row?.sealed_graph_token
        ? opened(renewalKey, row.sealed_graph_token, tokenPlaceOf(sessionHash))
        : undefined;
    },

    async end(sessionHash) {
      await db.deleteFrom('opsledger.sessions').where('session_hash', '=', sessionHash).execute();
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

/** The text that binds the sealed bytes to their session. */
const placeOf = (sessionHash: string): string => `renewal of session ${sessionHash}`;
const tokenPlaceOf = (sessionHash: string): string => `Graph token of session ${sessionHash}`;
