import { EmbeddedPostgresError } from './embedded-postgres-error.js';
import { canReach, type OsUser } from './os-user.js';

/**
 * The name under which the server, running as `user` with `clusterDir` as its working folder, reaches its
 * data. A folder below one that only root may enter has no name for it, but the working folder is
 * inherited from root, and on Linux /proc names that whatever lies above it. So data stays where the
 * person put it.
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
