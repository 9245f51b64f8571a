import type { PostgresPool, PostgresPoolClient } from 'kysely';
import type pg from 'pg';
import { type DatabaseTrouble, DatabaseUnavailableError, meaningOf } from './database-trouble.js';

export interface GuardOptions {
  /** Whether its sessions only read, so that a read-only server is what it needs. */
  readonly readsOnly: boolean;
  /** Statements that give every transaction its settings, where a pooler keeps none of a session. */
  readonly transactionSettings: string | undefined;
  /** Told what statements meet. */
  readonly onTrouble: (trouble: DatabaseTrouble) => void;
}

const BEGINS = /^(begin|start transaction)\b/i;
const ENDS = /^(commit|rollback)$/i;
/** The server is a standby now, or was made read-only: what the pool holds leads there. */
const READ_ONLY_SERVER = '25006';

/**
 * A pool as Kysely wants it, around one of `pg`: gives errors their meaning, throws away all connections when one
 * of them proves to lead to a server that is read-only now (a failover leaves them open), and doesn't use a
 * connection again whose answer was given up.
 */
export function guardPool(pool: pg.Pool, options: GuardOptions): PostgresPool {
  /** Connections of earlier generations lead to a server that is not the one to write to. */
  let generation = 0;
  const generationOf = new WeakMap<pg.PoolClient, number>();
  const abandoned = new WeakSet<pg.PoolClient>();
  pool.on('connect', (client) => generationOf.set(client, generation));
  const isStale = (client: pg.PoolClient) =>
    abandoned.has(client) || (generationOf.get(client) ?? generation) < generation;

  function told(error: unknown): unknown {
    const meaning = meaningOf(error);
    if (meaning instanceof DatabaseUnavailableError) options.onTrouble(meaning.trouble);
    return meaning;
  }

  async function checkOut(): Promise<pg.PoolClient> {
    for (;;) {
      const client = await pool.connect().catch((error: unknown) => {
        throw told(error);
      });
      if (!isStale(client)) return client;
      client.release(true);
    }
  }

  async function ask(client: pg.PoolClient, text: string, values: readonly unknown[] = []) {
    try {
      return await client.query(text, [...values]);
    } catch (error) {
      const { code, message } = error as { readonly code?: string; readonly message?: string };
      const isOfThisGeneration = generationOf.get(client) === generation;
      if (code === READ_ONLY_SERVER && !options.readsOnly && isOfThisGeneration) generation += 1;
      if (message === 'Query read timeout') abandoned.add(client);
      throw told(error);
    }
  }

  return {
    async connect(): Promise<PostgresPoolClient> {
      const client = await checkOut();
      const asking: Ask = (text, values) => ask(client, text, values);
      const { transactionSettings } = options;
      const query: unknown = transactionSettings ? withSettings(asking, transactionSettings) : asking;
      return {
        // Cursors, the other form of this method, are used by nobody here.
        query: query as PostgresPoolClient['query'],
        release: () => client.release(isStale(client)),
      };
    },
    end: () => pool.end(),
  };
}

type Ask = (text: string, values?: readonly unknown[]) => Promise<unknown>;

/** Sets what counts at the beginning of each transaction, and makes one of every statement that stands alone. */
function withSettings(ask: Ask, settings: string): Ask {
  let inTransaction = false;
  return async (text, values) => {
    if (BEGINS.test(text)) {
      inTransaction = true;
      await ask(text);
      return ask(settings);
    }
    if (ENDS.test(text)) inTransaction = false;
    if (inTransaction || ENDS.test(text)) return ask(text, values);
    await ask('begin');
    try {
      await ask(settings);
      const answer = await ask(text, values);
      await ask('commit');
      return answer;
    } catch (error) {
      await ask('rollback').catch(() => undefined);
      throw error;
    }
  };
}
