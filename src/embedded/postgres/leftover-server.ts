import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type pg from 'pg';
import type { Clock } from '../../clock.js';
import { EmbeddedPostgresError } from './embedded-postgres-error.js';
import { claimOwnership, connectAsAdmin } from './owner-claim.js';
import { isAlive } from './process.js';

export interface LeftoverOptions {
  readonly clusterDir: string;
  readonly adminPassword: string;
  readonly clock: Clock;
}

/**
 * How long the owner of a server may take between starting it and claiming it. It takes milliseconds; after this time
 * the owner's process id belongs to another program.
 */
const CLAIM_WAIT_MS = 5_000;
const STOP_WAIT_MS = 30_000;
const ANSWER_WAIT_MS = 60_000;
const POLL_MS = 50;

/**
 * Makes a start on `clusterDir` possible. A server whose owner was killed is stopped; one whose owner lives is
 * refused with `in_use`; a lock file whose process id now belongs to another program is removed.
 */
export async function stopLeftoverServer(options: LeftoverOptions): Promise<void> {
  const { clusterDir, clock } = options;
  const left = await readLockFile(clusterDir);
  if (!left || !isAlive(left.pid)) return;
  if (await isOtherProgram(left.pid)) {
    await rm(join(clusterDir, 'postmaster.pid'), { force: true });
    return;
  }
  const admin = await connectWhenUp(left, options);
  if (admin) {
    try {
      await claimFromDeadOwner(admin, options);
      process.kill(left.pid, 'SIGINT');
    } catch (error) {
      // The guard of the killed process may be stopping the server at this moment.
      if (!isEndOfServer(error)) throw error;
    } finally {
      await admin.end();
    }
  }
  await waitUntilGone(left.pid, clock, clusterDir);
}

/** PostgreSQL's codes of a server that is shutting down (class 57), and the system's for one that has ended. */
const ENDING = new Set(['57P01', '57P02', '57P03', 'ECONNRESET', 'EPIPE', 'ESRCH']);

function isEndOfServer(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  // The driver gives no code when the server closes the connection without a message.
  return ('code' in error && ENDING.has(String(error.code))) || /^Connection terminated/.test(error.message);
}

interface LockFile {
  readonly pid: number;
  readonly port: number;
}

/** Reads the server's lock file, which has process id, data folder, start time, port and more, one on each line. */
async function readLockFile(clusterDir: string): Promise<LockFile | undefined> {
  const text = await readFile(join(clusterDir, 'postmaster.pid'), 'utf8').catch(() => '');
  const lines = text.split('\n');
  const [pid, port] = [Number(lines[0]), Number(lines[3])];
  return Number.isInteger(pid) && pid > 0 ? { pid, port } : undefined;
}

/** Whether the process is known not to be PostgreSQL. */
async function isOtherProgram(pid: number): Promise<boolean> {
  const name = await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => 'postgres');
  return name.trim() !== 'postgres';
}

/** Connects once the server has started up, or answers undefined when it has ended. */
async function connectWhenUp(left: LockFile, options: LeftoverOptions): Promise<pg.Client | undefined> {
  const { clock, adminPassword, clusterDir } = options;
  const deadline = clock.monotonicMs() + ANSWER_WAIT_MS;
  for (;;) {
    try {
      // The connection ends with the server that is about to be stopped.
      return await connectAsAdmin({ port: left.port, adminPassword }, () => undefined);
    } catch (cause) {
      if (!isAlive(left.pid)) return undefined;
      if (
        clock.monotonicMs() > deadline ||
        (cause instanceof Error && 'code' in cause && cause.code === '28P01')
      )
        throw new EmbeddedPostgresError(
          'in_use',
          `A PostgreSQL server (process ${left.pid}) uses the database in ${clusterDir} and doesn't let ` +
            'Opsledger in.',
          { cause },
        );
    }
    await clock.sleep(POLL_MS);
  }
}

async function claimFromDeadOwner(admin: pg.Client, { clock, clusterDir }: LeftoverOptions): Promise<void> {
  const { rows } = await admin.query<{ name: string }>(`select current_setting('cluster_name') as name`);
  const owner = Number(rows[0]?.name.split(':')[1]);
  const deadline = clock.monotonicMs() + CLAIM_WAIT_MS;
  while (isAlive(owner) && clock.monotonicMs() < deadline) {
    if (await isClaimed(admin)) break;
    await clock.sleep(POLL_MS);
  }
  if (await claimOwnership(admin)) return;
  throw new EmbeddedPostgresError(
    'in_use',
    `Opsledger is already running on this data folder (process ${owner}, database in ${clusterDir}).`,
  );
}

async function isClaimed(admin: pg.Client): Promise<boolean> {
  const { rows } = await admin.query(`select 1 from pg_locks where locktype = 'advisory' and granted`);
  return rows.length > 0;
}

async function waitUntilGone(pid: number, clock: Clock, clusterDir: string): Promise<void> {
  const deadline = clock.monotonicMs() + STOP_WAIT_MS;
  while (isAlive(pid)) {
    if (clock.monotonicMs() > deadline)
      throw new EmbeddedPostgresError(
        'in_use',
        `A PostgreSQL server left over in ${clusterDir} (process ${pid}) does not stop.`,
      );
    await clock.sleep(POLL_MS);
  }
}
