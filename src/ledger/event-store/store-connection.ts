import { EventStoreDBClient } from '@eventstore/db-client';
import { type BatchAppender, createBatchAppender } from './batch-appender.js';

/** A client of EventStoreDB's, with all that was begun on it. */
export interface StoreConnection {
  readonly client: EventStoreDBClient;
  readonly appender: BatchAppender;
  /** It was given up: what was read over it may have ended before its end without an error. */
  readonly discarded: boolean;
}

/** Keeps one connection to the store and replaces it when the client can't mend it. */
export interface StoreConnections {
  current(): StoreConnection;
  /** An answer came, so that the connection works. */
  succeeded(): void;
  /** Something went wrong on a connection. */
  failed(connection: StoreConnection, error: unknown): void;
  close(): void;
}

/** Failures in a row after which a connection is replaced, of those that don't make the client connect anew. */
const UNNAMED_FAILURES_MAX = 3;

export function createStoreConnections(url: string): StoreConnections {
  let current = connect(url);
  let unnamedFailures = 0;

  return {
    current: () => current,
    succeeded() {
      unnamedFailures = 0;
    },
    failed(connection, error) {
      if (connection !== current || isNamed(error)) return;
      unnamedFailures += 1;
      if (unnamedFailures < UNNAMED_FAILURES_MAX) return;
      unnamedFailures = 0;
      const broken = current;
      current = connect(url);
      discard(broken);
    },
    close: () => discard(current),
  };
}

type Connection = StoreConnection & { discarded: boolean };

function connect(url: string): Connection {
  const client = EventStoreDBClient.connectionString(url);
  return { client, appender: createBatchAppender(client), discarded: false };
}

/** Cancels what is under way. What `dispose` answers is not awaited: it never settles while an append waits. */
function discard(connection: Connection): void {
  connection.discarded = true;
  connection.client.dispose().catch(() => undefined);
}

/** Whether the client knows what the error means; it connects anew by itself where that helps. */
function isNamed(error: unknown): boolean {
  return error instanceof Error && 'type' in error && error.type !== undefined && error.type !== 'unknown';
}
