import { mkdir } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join, resolve } from 'node:path';
import type { Logger } from 'pino';
import { type Clock, systemClock } from '../../clock.js';
import { placeBinaries } from './binaries.js';
import { loadOrCreateCredentials } from './credentials.js';
import { EmbeddedPostgresError } from './embedded-postgres-error.js';
import { initCluster } from './init-cluster.js';
import { stopLeftoverServer } from './leftover-server.js';
import { serverUser } from './os-user.js';
import { type EmbeddedPostgres, runOwnedServer } from './owned-server.js';

export interface EmbeddedPostgresOptions {
  /** Folder for the cluster and its passwords; created when it doesn't exist. */
  readonly dataDir: string;
  /** TCP port on 127.0.0.1; a free one by default. */
  readonly port?: number;
  readonly logger: Logger;
  /** False trades crash safety for speed, for clusters that a test throws away. */
  readonly durable?: boolean;
  readonly clock?: Clock;
  /** Aborts a start that is under way. */
  readonly signal?: AbortSignal;
}

export type { EmbeddedPostgres } from './owned-server.js';

const TRIES_MAX = 5;
const RETRY_DELAY_MS = 200;

/**
 * Starts PostgreSQL on `dataDir`, creates the cluster on first use, and keeps the server running: one that dies is
 * started again on its port. Only one process at a time owns a folder; a server that a killed process left running is
 * stopped first. Throws EmbeddedPostgresError when it can't start.
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const { logger, durable = true, clock = systemClock, signal } = options;
  const dataDir = resolve(options.dataDir);
  const clusterDir = join(dataDir, 'cluster');
  await mkdir(dataDir, { recursive: true, mode: 0o711 });
  const credentials = await loadOrCreateCredentials(dataDir);
  const user = await serverUser(clusterDir);
  const binaries = await placeBinaries(user);
  const adminPassword = credentials.admin;
  await initCluster({ clusterDir, binaries, user, adminPassword, durable });
  await stopLeftoverServer({ clusterDir, adminPassword, clock });
  const server = { clusterDir, binaries, user, durable, logger, ...(signal ? { signal } : {}) };
  for (let tries = 1; ; tries += 1) {
    const port = options.port ?? (await freePort());
    try {
      return await runOwnedServer({ server: { ...server, port }, credentials, clock });
    } catch (error) {
      if (signal?.aborted || tries === TRIES_MAX || !isTransient(error, options.port)) throw error;
      await clock.sleep(RETRY_DELAY_MS);
    }
  }
}

/**
 * Whether another try may succeed: another program took the free port meanwhile, or the last sessions of a killed
 * server still hold shared memory.
 */
function isTransient(error: unknown, chosenPort: number | undefined): boolean {
  if (!(error instanceof EmbeddedPostgresError)) return false;
  return error.kind === 'in_use' || (error.kind === 'port_taken' && chosenPort === undefined);
}

function freePort(): Promise<number> {
  return new Promise((resolvePort, reject) => {
    const probe = createServer().once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => {
        if (address && typeof address === 'object') resolvePort(address.port);
        else reject(new Error('The system gave no port.'));
      });
    });
  });
}
