import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Logger } from 'pino';
import type { PostgresBinaries } from './binaries.js';
import { clusterName } from './cluster-folder.js';
import { EmbeddedPostgresError } from './embedded-postgres-error.js';
import { startGuard } from './guard.js';
import type { OsUser } from './os-user.js';
import { serverEnvironment } from './process.js';
import { serverSettings } from './server-settings.js';

/** A running server that is a child of this process. */
export interface Postmaster {
  readonly pid: number;
  /** Resolves when the process has ended for any reason. */
  readonly exited: Promise<void>;
  /** Ends sessions and flushes to disk ("fast" shutdown). Resolves when the process is gone. */
  stop(): Promise<void>;
}

export interface PostmasterOptions {
  readonly clusterDir: string;
  readonly binaries: PostgresBinaries;
  readonly user: OsUser | undefined;
  readonly port: number;
  readonly durable: boolean;
  readonly logger: Logger;
  /** Aborts a start that is under way: the server is told to stop. */
  readonly signal?: AbortSignal;
}

/** Recovery after a crash replays up to `max_wal_size` of log, so a start may be slow. */
const START_WAIT_MS = 120_000;
const STOP_WAIT_MS = 30_000;
const KEPT_LINES_MAX = 20;

/** Starts the server on an initialised cluster and resolves once it accepts connections. */
export async function startPostmaster(options: PostmasterOptions): Promise<Postmaster> {
  const { binaries, clusterDir, user, port, durable } = options;
  const child = spawn(
    binaries.postgres,
    ['-D', await clusterName(clusterDir, user), '-p', String(port), ...serverSettings({ durable })],
    {
      cwd: clusterDir,
      env: serverEnvironment(),
      stdio: ['ignore', 'ignore', 'pipe'],
      // Started in its own session, so that Ctrl-C in the terminal reaches only this process, which stops the server
      // last.
      detached: true,
      ...user,
    },
  );
  const exited = exitOf(child);
  const guard = startGuard(child.pid, clusterDir, user);
  exited.then(() => guard.stop());
  await acceptingUnlessAborted(child, options);
  const pid = child.pid as number;
  // If this process ends without stopping the server, it tells the server to stop.
  const interruptServer = () => signal(child, 'SIGINT');
  process.once('exit', interruptServer);
  exited.then(() => process.off('exit', interruptServer));
  return { pid, exited, stop: () => stopChild(child, exited) };
}

async function exitOf(child: ChildProcess): Promise<void> {
  await once(child, 'close').catch(() => undefined);
}

async function acceptingUnlessAborted(child: ChildProcess, options: PostmasterOptions): Promise<void> {
  const giveUp = () => signal(child, 'SIGINT');
  options.signal?.addEventListener('abort', giveUp, { once: true });
  if (options.signal?.aborted) giveUp();
  try {
    await accepting(child, options);
  } finally {
    options.signal?.removeEventListener('abort', giveUp);
  }
}

function accepting(child: ChildProcess, options: PostmasterOptions): Promise<void> {
  const { logger, port, clusterDir } = options;
  const lastLines: string[] = [];
  return new Promise((resolve, reject) => {
    const limit = setTimeout(() => {
      signal(child, 'SIGQUIT');
      reject(
        new EmbeddedPostgresError(
          'unusable',
          `PostgreSQL did not start within ${START_WAIT_MS / 1000} s in ${clusterDir}.`,
        ),
      );
    }, START_WAIT_MS);
    child.once('error', (cause) => {
      clearTimeout(limit);
      reject(new EmbeddedPostgresError('unusable', `PostgreSQL can't be run: ${cause.message}`, { cause }));
    });
    child.once('close', () => {
      clearTimeout(limit);
      reject(startFailure(lastLines, port, clusterDir));
    });
    if (!child.stderr) return;
    createInterface({ input: child.stderr }).on('line', (line) => {
      logLine(logger, line);
      lastLines.push(line);
      if (lastLines.length > KEPT_LINES_MAX) lastLines.shift();
      if (!line.includes('database system is ready to accept connections')) return;
      clearTimeout(limit);
      resolve();
    });
  });
}

function startFailure(lines: readonly string[], port: number, clusterDir: string): EmbeddedPostgresError {
  const output = lines.join('\n');
  if (output.includes('Address already in use'))
    return new EmbeddedPostgresError(
      'port_taken',
      `Port ${port} on 127.0.0.1 is taken; PostgreSQL needs another.`,
    );
  if (/lock file "postmaster.pid" already exists|shared memory block .* is still in use/.test(output))
    return new EmbeddedPostgresError('in_use', `Another process is using the database in ${clusterDir}.`);
  const reasons = lines.filter((line) => /^(FATAL|PANIC|ERROR|DETAIL|HINT|postgres):/.test(line)).join(' ');
  return new EmbeddedPostgresError(
    'unusable',
    `PostgreSQL ended before it was ready in ${clusterDir}: ${reasons || output || 'it output nothing.'}`,
  );
}

/** Logs a line of the server. Its first word is the severity, since the line prefix is empty. */
function logLine(logger: Logger, line: string): void {
  if (line.startsWith('PANIC:')) logger.error({ part: 'postgres' }, line);
  else if (line.startsWith('WARNING:')) logger.warn({ part: 'postgres' }, line);
  else logger.debug({ part: 'postgres' }, line);
}

async function stopChild(child: ChildProcess, exited: Promise<void>): Promise<void> {
  signal(child, 'SIGINT');
  // A server that hangs in its shutdown checkpoint is killed without one; it recovers at the next start.
  const killTimer = setTimeout(() => signal(child, 'SIGQUIT'), STOP_WAIT_MS);
  await exited;
  clearTimeout(killTimer);
}

/** Signals the child unless it has ended, since another process may have its id by then. */
function signal(child: ChildProcess, name: NodeJS.Signals): void {
  if (child.exitCode === null && child.signalCode === null) child.kill(name);
}
