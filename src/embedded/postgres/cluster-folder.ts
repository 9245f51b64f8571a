import { EmbeddedPostgresError } from './embedded-postgres-error.js';
import { canReach, type OsUser } from './os-user.js';

/**
 * The path at which the server, running as `user` with `clusterDir` as its working folder, reaches its data. A user
 * can't enter a folder below one that only root may enter. But the server inherits its working folder from root, and
 * /proc on Linux has a path to it, so the data can stay where it is.
 */
export async function clusterName(clusterDir: string, user: OsUser | undefined): Promise<string> {
  if (!user || (await canReach(user, clusterDir))) return clusterDir;
  if (process.platform === 'linux') return '/proc/self/cwd';
  throw new EmbeddedPostgresError(
    'unusable',
    `PostgreSQL does not run as root, and an unprivileged user can't enter ${clusterDir}: choose a data ` +
      'folder that everyone may pass through, or start Opsledger as an ordinary user.',
  );
}
