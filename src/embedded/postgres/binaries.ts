import { randomBytes } from 'node:crypto';
import {
  chmod,
  copyFile,
  lstat,
  mkdir,
  readdir,
  readFile,
  readlink,
  rename,
  rm,
  symlink,
} from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import { z } from 'zod';
import { EmbeddedPostgresError } from './embedded-postgres-error.js';
import { canReach, type OsUser } from './os-user.js';

/** Absolute paths of the programs that run a cluster. */
export interface PostgresBinaries {
  readonly initdb: string;
  readonly postgres: string;
}

/**
 * Finds the PostgreSQL programs that npm installed for this platform. When `user` can't enter their folder, as in a
 * clone under /root, they are copied once for each version to a folder of root's that everyone can read.
 */
export async function placeBinaries(
  user: OsUser | undefined,
  source: BinariesSource = {},
): Promise<PostgresBinaries> {
  const { nativeDir, version } = source.installed ?? (await installedPackage());
  await restoreLibraryLinks(nativeDir);
  if (!user || (await canReachAll(user, nativeDir))) return programsIn(nativeDir);
  const home = await ownFolder(user, source.homes ?? standardHomes);
  return programsIn(await copyOnce(nativeDir, join(home, `postgres-${version}`)));
}

/** Where binaries come from and are copied to, if not the usual places. */
export interface BinariesSource {
  readonly installed?: InstalledBinaries;
  /** Folders for copies; the first one that works is used. */
  readonly homes?: readonly string[];
}

export interface InstalledBinaries {
  /** The folder with `bin`, `lib` and `share`. */
  readonly nativeDir: string;
  readonly version: string;
}

const standardHomes = ['/var/cache/opsledger', join(tmpdir(), 'opsledger-binaries')];

const programsIn = (nativeDir: string): PostgresBinaries => ({
  initdb: join(nativeDir, 'bin', 'initdb'),
  postgres: join(nativeDir, 'bin', 'postgres'),
});

async function installedPackage(): Promise<InstalledBinaries> {
  const platform = `${process.platform}-${process.arch}`;
  try {
    const here = createRequire(import.meta.url);
    const entry = createRequire(here.resolve('embedded-postgres')).resolve(`@embedded-postgres/${platform}`);
    const packageDir = resolve(dirname(entry), '..');
    const manifest = JSON.parse(await readFile(join(packageDir, 'package.json'), 'utf8'));
    const { version } = z.object({ version: z.string() }).parse(manifest);
    return { nativeDir: join(packageDir, 'native'), version: `${version}-${platform}` };
  } catch (cause) {
    throw new EmbeddedPostgresError(
      'unusable',
      `No PostgreSQL binaries are installed for ${platform}: run npm ci with optional dependencies, ` +
        'or set DATABASE_URL to a server of your own.',
      { cause },
    );
  }
}

const linksSchema = z.array(z.object({ source: z.string(), target: z.string() }));

/**
 * Creates the library's missing symbolic links. npm packages can't contain links, so the package makes them in an
 * install script, which doesn't run when scripts are switched off.
 */
async function restoreLibraryLinks(nativeDir: string): Promise<void> {
  const packageDir = dirname(nativeDir);
  const listed = await readFile(join(nativeDir, 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  for (const { source, target } of linksSchema.parse(JSON.parse(listed))) {
    const link = join(packageDir, target);
    if (await exists(link)) continue;
    await symlink(relative(dirname(link), join(packageDir, source)), link).catch(ignoreExisting);
  }
}

async function canReachAll(user: OsUser, nativeDir: string): Promise<boolean> {
  const samples = ['bin/postgres', 'lib/postgresql', 'share/postgresql/postgres.bki'];
  const answers = await Promise.all(samples.map((path) => canReach(user, join(nativeDir, path))));
  return answers.every(Boolean);
}

async function copyOnce(nativeDir: string, placed: string): Promise<string> {
  if (await exists(placed)) return placed;
  // Copied under another name and then renamed, so that an existing copy is complete even after a crash or a race.
  const unfinished = `${placed}.new-${randomBytes(4).toString('hex')}`;
  await copyTree(nativeDir, unfinished);
  await rename(unfinished, placed).catch(async (error: NodeJS.ErrnoException) => {
    await rm(unfinished, { recursive: true, force: true });
    if (!(await exists(placed))) throw error;
  });
  return placed;
}

/** A folder that only root can write to and that `user` can enter, because programs are run from it. */
async function ownFolder(user: OsUser, candidates: readonly string[]): Promise<string> {
  for (const folder of candidates) {
    try {
      await mkdir(folder, { recursive: true });
      const stats = await lstat(folder);
      if (!stats.isDirectory() || stats.uid !== 0 || (stats.mode & 0o022) !== 0) continue;
      await chmod(folder, 0o755);
      if (await canReach(user, folder)) return folder;
    } catch {
      // The parent is missing or read-only; the next candidate is tried.
    }
  }
  throw new EmbeddedPostgresError(
    'unusable',
    `PostgreSQL does not run as root, and none of ${candidates.join(', ')} can hold its programs where an ` +
      'unprivileged user reaches them: start Opsledger as an ordinary user, or set DATABASE_URL.',
  );
}

async function copyTree(from: string, to: string): Promise<void> {
  await mkdir(to, { recursive: true });
  await chmod(to, 0o755);
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory()) await copyTree(source, target);
    else if (entry.isSymbolicLink()) await symlink(await readlink(source), target);
    // Static libraries are only needed for linking programs.
    else if (!entry.name.endsWith('.a')) {
      await copyFile(source, target);
      await chmod(target, 0o755);
    }
  }
}

async function exists(path: string): Promise<boolean> {
  return (await lstat(path).catch(() => undefined)) !== undefined;
}

function ignoreExisting(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EEXIST') throw error;
}
