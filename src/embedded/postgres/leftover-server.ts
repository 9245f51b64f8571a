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
 * Between its server's start and its claim an owner needs milliseconds; longer, and its id is somebody
 * else's.
 */
const claimMsMax = 5_000;
const stopMsMax = 30_000;
const answerMsMax = 60_000;
const pollMs = 50;

/**
 * Clears the way for a start on `clusterDir`. A server whose owner was killed is stopped; one whose owner
 * lives is refused with `in_use`; a lock file whose process id went to an unrelated program is removed.
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
    } finally {
      await admin.end();
    }
  }
  await untilGone(left.pid, clock, clusterDir);
}

interface LockFile {
  readonly pid: number;
  readonly port: number;
}

/** The server's lock file: process id, data folder, start time, port, … one a line. */
async function readLockFile(clusterDir: string): Promise<LockFile | undefined> {
  const text = await readFile(join(clusterDir, 'postmaster.pid'), 'utf8').catch(() => '');
  const lines = text.split('\n');
  const [pid, port] = [Number(lines[0]), Number(lines[3])];
  return Number.isInteger(pid) && pid > 0 ? { pid, port } : undefined;
}

/** True when the system says that the process is no PostgreSQL; where it can't say, false. */
async function isOtherProgram(pid: number): Promise<boolean> {
  const name = await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => 'postgres');
  return name.trim() !== 'postgres';
}

/** Connects once the server has started up, or gives undefined when it ended meanwhile. */
async function connectWhenUp(left: LockFile, options: LeftoverOptions): Promise<pg.Client | undefined> {
  const { clock, adminPassword, clusterDir } = options;
  const deadline = clock.monotonicMs() + answerMsMax;
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
    await clock.sleep(pollMs);
  }
}

async function claimFromDeadOwner(admin: pg.Client, { clock, clusterDir }: LeftoverOptions): Promise<void> {
  const { rows } = await admin.query<{ name: string }>(`select current_setting('cluster_name') as name`);
  const owner = Number(rows[0]?.name.split(':')[1]);
  const deadline = clock.monotonicMs() + claimMsMax;
  while (isAlive(owner) && clock.monotonicMs() < deadline) {
    if (await isClaimed(admin)) break;
    await clock.sleep(pollMs);
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

async function untilGone(pid: number, clock: Clock, clusterDir: string): Promise<void> {
  const deadline = clock.monotonicMs() + stopMsMax;
  while (isAlive(pid)) {
    if (clock.monotonicMs() > deadline)
      throw new EmbeddedPostgresError(
        'in_use',
        `A PostgreSQL server left over in ${clusterDir} (process ${pid}) does not stop.`,
      );
    await clock.sleep(pollMs);
  }
}
