import { spawn } from 'node:child_process';
import type { OsUser } from './os-user.js';
import { serverEnvironment } from './process.js';

/** Watches over a server on behalf of this process. */
export interface Guard {
  /** The server has ended; there is nothing left to watch. */
  standDown(): void;
}

/**
 * Waits for the pipe from the product to close. A line on it means that the server has ended in order; the end of
 * the pipe without one means that the product is gone, killed or not. Only the process that the lock file names is
 * signalled, since a later process may have got its number; a server that still starts has not written the file yet.
 */
const WATCH = `
read -r word && exit 0
for try in 1 2 3 4 5 6 7 8 9 10; do
  [ "$(head -n 1 postmaster.pid 2>/dev/null)" = "$1" ] && kill -INT "$1" && exit 0
  kill -0 "$1" 2>/dev/null || exit 0
  sleep 1
done
`;

/**
 * Starts a small process that tells the server to stop once this process is gone, however it ended: nothing else
 * would stop a server after \`kill -9\`. On systems without /bin/sh nobody watches; the next start on the same
 * folder stops the server there.
 */
export function startGuard(
  serverPid: number | undefined,
  clusterDir: string,
  user: OsUser | undefined,
): Guard {
  if (serverPid === undefined || process.platform === 'win32') return { standDown: () => undefined };
  const guard = spawn('/bin/sh', ['-c', WATCH, 'opsledger-postgres-guard', String(serverPid)], {
    cwd: clusterDir,
    env: serverEnvironment(),
    stdio: ['pipe', 'ignore', 'ignore'],
    // A session of its own, so that no signal to the product's group reaches it.
    detached: true,
    ...user,
  });
  // A guard that can't be run, or was killed, leaves the server as it was without one.
  guard.on('error', () => undefined);
  guard.stdin.on('error', () => undefined);
  guard.unref();
  return { standDown: () => guard.stdin.end('over\n') };
}
