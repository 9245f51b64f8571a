import { spawn } from 'node:child_process';
import type { OsUser } from './os-user.js';
import { serverEnvironment } from './process.js';

/** A process that watches the server in case this process dies. */
export interface Guard {
  /** Ends the guard because the server has ended. */
  stop(): void;
}

/**
 * Waits for the pipe from the product to close. A line on it means that the server has ended normally; the end of the
 * pipe without a line means that the product is gone. Only the process that the lock file names is signalled, since a
 * later process may have got its number. A server that is still starting has not written the file yet.
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
 * Starts a small process that tells the server to stop once this process is gone, because nothing else would stop the
 * server after `kill -9`. Systems without /bin/sh have no guard; there the next start on the same folder stops the
 * server.
 */
export function startGuard(
  serverPid: number | undefined,
  clusterDir: string,
  user: OsUser | undefined,
): Guard {
  if (serverPid === undefined || process.platform === 'win32') return { stop: () => undefined };
  const guard = spawn('/bin/sh', ['-c', WATCH, 'opsledger-postgres-guard', String(serverPid)], {
    cwd: clusterDir,
    env: serverEnvironment(),
    stdio: ['pipe', 'ignore', 'ignore'],
    // Started in its own session, so that no signal to the product's process group reaches it.
    detached: true,
    ...user,
  });
  // The server works without a guard, so a guard that fails or is killed is ignored.
  guard.on('error', () => undefined);
  guard.stdin.on('error', () => undefined);
  guard.unref();
  return { stop: () => guard.stdin.end('over\n') };
}
