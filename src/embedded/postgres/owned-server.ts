import type pg from 'pg';
import type { Clock } from '../../clock.js';
import type { PostgresPasswords } from './credentials.js';
import { EmbeddedPostgresError } from './embedded-postgres-error.js';
import { claimOwnership, connectAsAdmin } from './owner-claim.js';
import { type Postmaster, type PostmasterOptions, startPostmaster } from './postmaster.js';
import { appRole, databaseName, hubRole, prepareDatabase } from './prepare-database.js';

/** A running embedded PostgreSQL. */
export interface EmbeddedPostgres {
  /** Connection string of the program's login, which owns the database. */
  readonly url: string;
  /** Connection string of the hub's login, which may only read. */
  readonly hubUrl: string;
  /** Connection string of the cluster's superuser, for tests and repairs. */
  readonly adminUrl: string;
  /** Process id of the server. It changes when the server is started again. */
  serverPid(): number;
  /** Shuts the server down cleanly; a second call waits for the first. */
  stop(): Promise<void>;
}

export interface OwnedServerOptions {
  readonly server: PostmasterOptions;
  readonly credentials: PostgresPasswords;
  readonly clock: Clock;
}

const RESTART_DELAY_FIRST_MS = 200;
const RESTART_DELAY_LONGEST_MS = 10_000;
/** When a server ends after running this long, the next restart uses the shortest delay again. */
const HEALTHY_AFTER_MS = 60_000;

/** Starts a server that this process owns and keeps it running on its port until it is stopped. */
export async function runOwnedServer(options: OwnedServerOptions): Promise<EmbeddedPostgres> {
  const { server, credentials } = options;
  const stopping = new AbortController();
  let current = await startOwned(options);
  const restarted = (next: OwnedServer) => {
    current = next;
  };
  const watching = keepRunning(options, current, restarted, stopping.signal);
  let stopped: Promise<void> | undefined;
  const stop = async () => {
    stopping.abort();
    await stopOwned(current);
    await watching;
  };
  const url = (role: string, password: string, database: string) =>
    `postgres://${role}:${password}@127.0.0.1:${server.port}/${database}`;
  return {
    url: url(appRole, credentials.app, databaseName),
    hubUrl: url(hubRole, credentials.hub, databaseName),
    adminUrl: url('postgres', credentials.admin, 'postgres'),
    serverPid: () => current.postmaster.pid,
    stop: () => {
      stopped ??= stop();
      return stopped;
    },
  };
}

interface OwnedServer {
  readonly postmaster: Postmaster;
  /** The connection that holds the claim; it ends with the server or with this process. */
  readonly owner: pg.Client;
}

async function startOwned({ server, credentials }: OwnedServerOptions): Promise<OwnedServer> {
  const postmaster = await startPostmaster(server);
  try {
    return { postmaster, owner: await takeOwnership(server, credentials) };
  } catch (error) {
    await postmaster.stop();
    throw error;
  }
}

async function takeOwnership(server: PostmasterOptions, credentials: PostgresPasswords): Promise<pg.Client> {
  const { port, logger } = server;
  const owner = await connectAsAdmin({ port, adminPassword: credentials.admin }, (error) =>
    logger.debug({ part: 'postgres', err: error }, 'owner connection lost'),
  );
  try {
    if (!(await claimOwnership(owner)))
      throw new EmbeddedPostgresError('in_use', `The PostgreSQL server on port ${port} has another owner.`);
    await prepareDatabase(owner, credentials);
    return owner;
  } catch (error) {
    await owner.end();
    throw error;
  }
}

async function stopOwned({ postmaster, owner }: OwnedServer): Promise<void> {
  // The connection may already have ended with its server.
  await owner.end().catch(() => undefined);
  await postmaster.stop();
}

/** Starts the server again whenever it ends by itself, with growing delays. */
async function keepRunning(
  options: OwnedServerOptions,
  first: OwnedServer,
  restarted: (next: OwnedServer) => void,
  stopping: AbortSignal,
): Promise<void> {
  const { clock } = options;
  const { logger } = options.server;
  let delayMs = RESTART_DELAY_FIRST_MS;
  for (let running = first; ; ) {
    const since = clock.monotonicMs();
    await running.postmaster.exited;
    if (stopping.aborted) return;
    logger.error({ part: 'postgres' }, 'PostgreSQL ended unexpectedly; starting it again');
    await stopOwned(running);
    if (clock.monotonicMs() - since > HEALTHY_AFTER_MS) delayMs = RESTART_DELAY_FIRST_MS;
    let next: OwnedServer | undefined;
    while (!next) {
      await clock.sleep(delayMs, stopping);
      if (stopping.aborted) return;
      delayMs = Math.min(delayMs * 2, RESTART_DELAY_LONGEST_MS);
      next = await startOwned(options).catch((error) => {
        logger.error({ part: 'postgres', err: error }, 'PostgreSQL could not be started again');
        return undefined;
      });
    }
    running = next;
    restarted(next);
    if (stopping.aborted) return stopOwned(next);
    logger.info({ part: 'postgres' }, 'PostgreSQL is up again');
  }
}
