import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chown, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { PostgresBinaries } from './binaries.js';
import { clusterName } from './cluster-folder.js';
import { EmbeddedPostgresError } from './embedded-postgres-error.js';
import type { OsUser } from './os-user.js';
import { isAlive, serverEnvironment } from './process.js';

export interface InitClusterOptions {
  readonly clusterDir: string;
  readonly binaries: PostgresBinaries;
  readonly user: OsUser | undefined;
  readonly adminPassword: string;
  /** False leaves out the flush to disk, for clusters that a test throws away. */
  readonly durable: boolean;
}

/**
 * Creates an empty cluster at `clusterDir` unless there is one: UTF-8, sorted by code point (the same on every
 * machine), UTC, scram passwords. It is created under another name and then renamed, so a process that dies halfway
 * leaves no cluster.
 */
export async function initCluster(options: InitClusterOptions): Promise<void> {
  const { clusterDir, user } = options;
  await removeUnfinished(clusterDir);
  if (await isFolder(clusterDir)) return;
  const unfinished = `${clusterDir}.new-${process.pid}-${randomBytes(4).toString('hex')}`;
  try {
    await mkdir(unfinished, { mode: 0o700 });
    if (user) await chown(unfinished, user.uid, user.gid);
    await runInitdb(unfinished, options);
    await rename(unfinished, clusterDir).catch(async (error: NodeJS.ErrnoException) => {
      if (!(await isFolder(clusterDir))) throw error;
    });
    await flushFolder(dirname(clusterDir));
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
}

async function runInitdb(folder: string, options: InitClusterOptions): Promise<void> {
  const { binaries, user, durable } = options;
  const password = await passwordFile(`${folder}.password`, options);
  try {
    const initdb = spawn(
      binaries.initdb,
      [
        `--pgdata=${await clusterName(folder, user)}`,
        '--username=postgres',
        // Read through a descriptor, because the server's user may be unable to enter the file's folder.
        '--pwfile=/dev/fd/3',
        '--auth=scram-sha-256',
        '--encoding=UTF8',
        '--locale=C',
        '--locale-provider=builtin',
        '--builtin-locale=C.UTF-8',
        ...(durable ? [] : ['--no-sync']),
      ],
      { cwd: folder, env: serverEnvironment(), stdio: ['ignore', 'ignore', 'pipe', password.fd], ...user },
    );
    const complaints: string[] = [];
    initdb.stderr?.setEncoding('utf8').on('data', (text: string) => complaints.push(text));
    const [code] = await once(initdb, 'close').catch((cause) => {
      throw new EmbeddedPostgresError('unusable', `${binaries.initdb} can't be run (${cause.code}).`, {
        cause,
      });
    });
    if (code !== 0)
      throw new EmbeddedPostgresError(
        'unusable',
        `initdb could not make a PostgreSQL cluster in ${dirname(folder)}: ${complaints.join('').trim()}`,
      );
  } finally {
    await password.close();
  }
}

async function passwordFile(path: string, { user, adminPassword }: InitClusterOptions) {
  const written = await open(path, 'w', 0o600);
  try {
    await written.writeFile(`${adminPassword}\n`);
    if (user) await written.chown(user.uid, user.gid);
    // Opened again, because the descriptor that initdb inherits must be at the beginning of the file.
    return await open(path, 'r');
  } finally {
    await written.close();
    await rm(path);
  }
}

/** Removes the folders of processes that died while initdb ran. */
async function removeUnfinished(clusterDir: string): Promise<void> {
  const prefix = `${basename(clusterDir)}.new-`;
  for (const entry of await readdir(dirname(clusterDir))) {
    if (!entry.startsWith(prefix)) continue;
    const pid = Number.parseInt(entry.slice(prefix.length), 10);
    if (isAlive(pid)) continue;
    await rm(join(dirname(clusterDir), entry), { recursive: true, force: true });
  }
}

async function isFolder(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isDirectory() ?? false;
}

async function flushFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
