import type { PostgresPool, PostgresPoolClient } from 'kysely';
import type pg from 'pg';
import { type DatabaseTrouble, DatabaseUnavailableError, translateError } from './database-trouble.js';
import { createStatementNames } from './prepared-statements.js';

export interface GuardOptions {
  /** Whether its sessions only read, so that a read-only server is enough. */
  readonly readsOnly: boolean;
  /** Statements that set the settings in every transaction, for a pooler that doesn't keep those of a session. */
  readonly transactionSettings: string | undefined;
  /** Called with the trouble that a statement had. */
  readonly onTrouble: (trouble: DatabaseTrouble) => void;
}

const BEGINS = /^(begin|start transaction)\b/i;
const ENDS = /^(commit|rollback)$/i;
/** The server has become a standby or read-only, so the pool's connections lead to the wrong server. */
const READ_ONLY_SERVER = '25006';

/**
 * A pool for Kysely around one of `pg`. It translates errors, closes all connections when one of them leads to a
 * server that is read-only now (a failover leaves them open), and doesn't reuse a connection whose answer was not
 * awaited.
 */
export function guardPool(pool: pg.Pool, options: GuardOptions): PostgresPool {
  /** Connections of earlier generations lead to a server that can't be written to any more. */
  let generation = 0;
  // A pooler that doesn't keep a session's settings may not keep its statements either.
  const nameOf = options.transactionSettings ? () => undefined : createStatementNames();
  const generationOf = new WeakMap<pg.PoolClient, number>();
  const abandoned = new WeakSet<pg.PoolClient>();
  pool.on('connect', (client) => generationOf.set(client, generation));
  const isStale = (client: pg.PoolClient) =>
    abandoned.has(client) || (generationOf.get(client) ?? generation) < generation;

  function translateAndReport(error: unknown): unknown {
    const translated = translateError(error);
    if (translated instanceof DatabaseUnavailableError) options.onTrouble(translated.trouble);
    return translated;
  }

  async function checkOut(): Promise<pg.PoolClient> {
    for (;;) {
      const client = await pool.connect().catch((error: unknown) => {
        throw translateAndReport(error);
      });
      if (!isStale(client)) return client;
      client.release(true);
    }
  }

  async function ask(client: pg.PoolClient, text: string, values: readonly unknown[] = []) {
    try {
      const name = nameOf(text);
      return await (name
        ? client.query({ name, text, values: [...values] })
        : client.query(text, [...values]));
    } catch (error) {
      const { code, message } = error as { readonly code?: string; readonly message?: string };
      const isOfThisGeneration = generationOf.get(client) === generation;
      if (code === READ_ONLY_SERVER && !options.readsOnly && isOfThisGeneration) generation += 1;
      if (message === 'Query read timeout') abandoned.add(client);
      throw translateAndReport(error);
    }
  }

  return {
    async connect(): Promise<PostgresPoolClient> {
      const client = await checkOut();
      const asking: Ask = (text, values) => ask(client, text, values);
      const { transactionSettings } = options;
      const query: unknown = transactionSettings ? withSettings(asking, transactionSettings) : asking;
      return {
        // This program doesn't use cursors, the other form of this method.
        query: query as PostgresPoolClient['query'],
        release: () => client.release(isStale(client)),
      };
    },
    end: () => pool.end(),
  };
}

type Ask = (text: string, values?: readonly unknown[]) => Promise<unknown>;

/**
 * Sets the settings at the beginning of each transaction, and puts each single statement into a transaction of its
 * own.
 */
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
