import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import {
  chmod,
  chown,
  copyFile,
  lstat,
  mkdir,
  open,
  readdir,
  readFile,
  rename,
  rm,
  writeFile,
} from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { appVersion } from '../app-version.js';
import { serverUser } from '../embedded/postgres/os-user.js';

/** A backup or a restore that can't be made. The message is a sentence for people. */
export class BackupError extends Error {
  override readonly name = 'BackupError';
}

/** The entries of a data folder that hold the data of an embedded installation. */
const ENTRIES = ['master.key', 'postgres', 'event-store'] as const;
/** In this order, a program that is started after an interruption between them refuses what it finds. */
const RESTORED_IN_ORDER = [
  'postgres',
  'event-store',
  'master.key',
] as const satisfies (typeof ENTRIES)[number][];
const UNFINISHED_RESTORE = 'restore.unfinished';
const MANIFEST = 'backup.json';
/** Files that only a running server has. */
const OF_RUNNING_SERVERS = new Set(['postmaster.pid', 'postmaster.opts', 'lock']);
const CLUSTER = path.join('postgres', 'cluster');

/** A path below one of the entries, so that a restore writes nowhere else. */
const pathSchema = z
  .string()
  .refine(
    (name) => path.normalize(name) === name && ENTRIES.some((entry) => entry === name.split(path.sep)[0]),
  );
const fileSchema = z.object({ path: pathSchema, bytes: z.number(), sha256: z.string(), mode: z.number() });
const manifestSchema = z.object({
  form: z.literal(1),
  version: z.string(),
  folders: z.array(z.object({ path: pathSchema, mode: z.number() })),
  files: z.array(fileSchema),
});
type Manifest = z.output<typeof manifestSchema>;

export interface BackupReport {
  readonly files: number;
  readonly bytes: number;
}

/**
 * Copies the data folder of a stopped product to a new folder: log, database and master key of the same moment, with
 * a list of all files and their checksums. The copy gets its final name when it is complete and on disk. Errors:
 * BackupError.
 */
export async function backUpDataFolder(dataDir: string, target: string): Promise<BackupReport> {
  if (await exists(target)) throw new BackupError(`${target} is there already: name a folder that isn't.`);
  if (!(await exists(path.join(dataDir, 'master.key'))))
    throw new BackupError(`${dataDir} holds no installation: there is no master.key in it.`);
  for (const left of [path.join(CLUSTER, 'postmaster.pid'), path.join('event-store', 'lock')])
    if (await exists(path.join(dataDir, left)))
      throw new BackupError(
        `The product on ${dataDir} did not stop cleanly, or is still stopping: start it once, stop it, and try again.`,
      );
  const unfinished = `${target}.unfinished-${process.pid}`;
  try {
    await mkdir(unfinished, { recursive: true, mode: 0o700 });
    const manifest: Manifest = { form: 1, version: appVersion, folders: [], files: [] };
    for (const entry of ENTRIES)
      if (await exists(path.join(dataDir, entry))) await copyInto(manifest, dataDir, unfinished, entry);
    await writeFile(path.join(unfinished, MANIFEST), JSON.stringify(manifest), { mode: 0o600 });
    await flush(path.join(unfinished, MANIFEST));
    await rename(unfinished, target);
    await flush(path.dirname(target));
    return reportOf(manifest);
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
}

/**
 * Restores a data folder from a backup after comparing every file with its checksum. The data folder must not
 * contain an installation, and contains none when the restore is interrupted while it copies. Errors: BackupError.
 */
export async function restoreDataFolder(source: string, dataDir: string): Promise<BackupReport> {
  const manifest = await manifestOf(source);
  for (const entry of ENTRIES)
    if (await exists(path.join(dataDir, entry)))
      throw new BackupError(
        `${dataDir} holds an installation already: restore into an empty folder, or move it away.`,
      );
  for (const file of manifest.files)
    if ((await checksumOf(path.join(source, file.path)).catch(() => '')) !== file.sha256)
      throw new BackupError(
        `${file.path} is not what was backed up: the backup is damaged; use another one.`,
      );
  const unfinished = path.join(dataDir, UNFINISHED_RESTORE);
  await rm(unfinished, { recursive: true, force: true });
  try {
    await copyBack(manifest, source, unfinished);
    for (const entry of RESTORED_IN_ORDER)
      if (await exists(path.join(unfinished, entry)))
        await rename(path.join(unfinished, entry), path.join(dataDir, entry));
    await flush(dataDir);
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
  return reportOf(manifest);
}

/** Copies the files of a backup with their modes to a new folder, and flushes them to disk. */
async function copyBack(manifest: Manifest, source: string, target: string): Promise<void> {
  await mkdir(target, { recursive: true, mode: 0o700 });
  // PostgreSQL requires that its files belong to the user that it runs as.
  const owner = await serverUser(path.join(target, CLUSTER));
  const take = async ({ path: name, mode }: { readonly path: string; readonly mode: number }) => {
    await chmod(path.join(target, name), mode);
    if (owner && (name === CLUSTER || name.startsWith(`${CLUSTER}${path.sep}`)))
      await chown(path.join(target, name), owner.uid, owner.gid);
  };
  for (const folder of manifest.folders) {
    await mkdir(path.join(target, folder.path), { recursive: true });
    await take(folder);
  }
  for (const file of manifest.files) {
    await copyFile(path.join(source, file.path), path.join(target, file.path));
    await take(file);
    await flush(path.join(target, file.path));
  }
}

async function copyInto(manifest: Manifest, from: string, to: string, name: string): Promise<void> {
  const stats = await lstat(path.join(from, name));
  const mode = stats.mode & 0o777;
  if (stats.isDirectory()) {
    await mkdir(path.join(to, name), { mode: 0o700 });
    manifest.folders.push({ path: name, mode });
    for (const entry of (await readdir(path.join(from, name))).sort())
      if (!OF_RUNNING_SERVERS.has(entry)) await copyInto(manifest, from, to, path.join(name, entry));
  } else if (stats.isFile()) {
    await copyFile(path.join(from, name), path.join(to, name));
    await chmod(path.join(to, name), 0o600);
    await flush(path.join(to, name));
    const sha256 = await checksumOf(path.join(to, name));
    manifest.files.push({ path: name, bytes: stats.size, sha256, mode });
  } else
    throw new BackupError(`${path.join(from, name)} is neither a file nor a folder; a backup would miss it.`);
}

async function manifestOf(source: string): Promise<Manifest> {
  const parsed = manifestSchema.safeParse(await readJson(path.join(source, MANIFEST)));
  if (parsed.success) return parsed.data;
  throw new BackupError(
    `${source} is no backup that this version can read: there is no usable ${MANIFEST} in it.`,
  );
}

/** The content of a JSON file; undefined when it is missing, unreadable or no JSON. */
async function readJson(file: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(file, 'utf8'));
  } catch {
    return undefined;
  }
}

async function checksumOf(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file)) hash.update(chunk);
  return hash.digest('hex');
}

async function flush(name: string): Promise<void> {
  const handle = await open(name, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function exists(name: string): Promise<boolean> {
  return (await lstat(name).catch(() => undefined)) !== undefined;
}

const reportOf = ({ files }: Manifest): BackupReport => ({
  files: files.length,
  bytes: files.reduce((sum, { bytes }) => sum + bytes, 0),
});
