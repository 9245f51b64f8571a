import { EventStoreDBClient } from '@eventstore/db-client';
import { type BatchAppender, createBatchAppender } from './batch-appender.js';

/** A client of EventStoreDB and the appender that uses its connection. */
export interface StoreConnection {
  readonly client: EventStoreDBClient;
  readonly appender: BatchAppender;
  /** The connection was replaced; reads over it may have stopped early without an error. */
  readonly discarded: boolean;
}

/** Keeps one connection to the store and replaces it when the client can't repair it. */
export interface StoreConnections {
  current(): StoreConnection;
  /** Reports that an answer arrived, so the connection works. */
  succeeded(): void;
  /** Reports an error on a connection. */
  failed(connection: StoreConnection, error: unknown): void;
  close(): void;
}

/** A connection is replaced after this many failures in a row for which the client doesn't reconnect by itself. */
const UNKNOWN_FAILURES_MAX = 3;

/** Decides over a connection whether events may be appended to the server there. */
type CheckServer = (connection: StoreConnection) => Promise<void>;

/** `checkServer` is called before the first append over each new connection. */
export function createStoreConnections(url: string, checkServer: CheckServer): StoreConnections {
  let current = connect(url, checkServer);
  let unknownFailures = 0;

  return {
    current: () => current,
    succeeded() {
      unknownFailures = 0;
    },
    failed(connection, error) {
      if (connection !== current || isKnownToClient(error)) return;
      unknownFailures += 1;
      if (unknownFailures < UNKNOWN_FAILURES_MAX) return;
      unknownFailures = 0;
      const broken = current;
      current = connect(url, checkServer);
      discard(broken);
    },
    close: () => discard(current),
  };
}

type Connection = StoreConnection & { discarded: boolean };

function connect(url: string, checkServer: CheckServer): Connection {
  const client = EventStoreDBClient.connectionString(url);
  const appender = createBatchAppender(client, () => checkServer(connection));
  const connection: Connection = { client, appender, discarded: false };
  return connection;
}

/**
 * Cancels everything that is under way. The promise of `dispose` is not awaited: it never settles while an append
 * waits.
 */
function discard(connection: Connection): void {
  connection.discarded = true;
  connection.client.dispose().catch(() => undefined);
}

/** Whether the client has its own class for the error; if reconnecting helps, it then does so by itself. */
function isKnownToClient(error: unknown): boolean {
  return error instanceof Error && 'type' in error && error.type !== undefined && error.type !== 'unknown';
}
