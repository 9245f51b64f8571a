import { constants, type Stats } from 'node:fs';
import { readFile, realpath, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { EmbeddedPostgresError } from './embedded-postgres-error.js';

/** A user of the operating system, by number. */
export interface OsUser {
  readonly uid: number;
  readonly gid: number;
}

/**
 * The user to run the server as, or undefined for this process's own. PostgreSQL refuses to run as root, so root runs
 * it as the owner of an existing cluster, or else as `nobody`.
 */
export async function serverUser(clusterDir: string): Promise<OsUser | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const owner = await stat(clusterDir).catch(() => undefined);
  if (owner && owner.uid !== 0) return { uid: owner.uid, gid: owner.gid };
  return nobody();
}

async function nobody(): Promise<OsUser> {
  const passwd = await readFile('/etc/passwd', 'utf8');
  const fields = passwd
    .split('\n')
    .map((line) => line.split(':'))
    .find(([name]) => name === 'nobody');
  // macOS writes -2, which system calls represent as 4294967294.
  const [uid, gid] = [Number(fields?.[2]) >>> 0, Number(fields?.[3]) >>> 0];
  if (!fields || !uid || !gid)
    throw new EmbeddedPostgresError(
      'unusable',
      'PostgreSQL does not run as root, and this system has no user "nobody" to run it as: ' +
        'start Opsledger as an ordinary user, or set DATABASE_URL.',
    );
  return { uid, gid };
}

/** Whether `user` may read the file or enter the folder at `path`, by the mode bits of the whole path. */
export async function canReach(user: OsUser, path: string): Promise<boolean> {
  const target = await realpath(path);
  const targetStats = await stat(target);
  if (!allows(targetStats, user, constants.R_OK)) return false;
  if (targetStats.isDirectory() && !allows(targetStats, user, constants.X_OK)) return false;
  for (let folder = dirname(target); ; folder = dirname(folder)) {
    if (!allows(await stat(folder), user, constants.X_OK)) return false;
    if (folder === dirname(folder)) return true;
  }
}

function allows(stats: Stats, user: OsUser, right: number): boolean {
  if (stats.uid === user.uid) return ((stats.mode >> 6) & right) !== 0;
  if (stats.gid === user.gid) return ((stats.mode >> 3) & right) !== 0;
  return (stats.mode & right) !== 0;
}
