import { execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { pino } from 'pino';
import { migrateToLatest } from '../../src/db/migrate.js';
import { createWriterPool } from '../../src/db/pools.js';
import {
  type EmbeddedPostgres,
  startEmbeddedPostgres,
} from '../../src/embedded/postgres/start-embedded-postgres.js';

/** A PostgreSQL for this test process. Its database `opsledger` is migrated and is the template of test databases. */
export interface TestCluster {
  readonly server: EmbeddedPostgres;
  readonly dataDir: string;
}

const logger = pino({ level: 'silent' });
const run = promisify(execFile);
const FOLDER_NAME = `opsledger-test-${process.getuid?.() ?? 'user'}`;
const homeDir = join(tmpdir(), FOLDER_NAME);
const SNAPSHOT_AGE_MS_MAX = 24 * 3_600_000;
/** A folder in memory, where the system has one: making and dropping databases costs half the time there. */
const MEMORY_FOLDER = '/dev/shm';
const MEMORY_FREE_BYTES_MIN = 2 * 1024 ** 3;
let cluster: Promise<TestCluster> | undefined;

type Teardown = (end: () => Promise<void>) => void;
let teardown: Teardown | undefined;

/**
 * Ends the cluster at the given teardown instead of tap's. A bench uses it, because tap observes every promise of a
 * process, which would be measured as well.
 */
export function endClusterWith(otherTeardown: Teardown): void {
  teardown = otherTeardown;
}

/** The cluster. It is started on first use from a snapshot, which is made once for each version of the migrations. */
export function testCluster(): Promise<TestCluster> {
  cluster ??= start();
  return cluster;
}

async function start(): Promise<TestCluster> {
  await makeOwnFolder(homeDir);
  const snapshot = await migratedSnapshot();
  const dataDir = await mkdtemp(join(await runFolder(), 'run-'));
  await run('cp', ['-a', `${snapshot}/.`, dataDir]);
  const server = await startEmbeddedPostgres({ dataDir, logger, durable: false });
  const dismissGuard = guard(dataDir);
  if (!teardown) {
    const { default: tests } = await import('tap');
    teardown = (end) => tests.teardown(end);
  }
  teardown(async () => {
    await server.stop();
    await rm(dataDir, { recursive: true, force: true });
    dismissGuard();
  });
  return { server, dataDir };
}

async function makeOwnFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o711 });
  if ((await stat(folder)).uid !== process.getuid?.()) throw new Error(`${folder} belongs to somebody else`);
}

/** The folder for clusters that run. It is in memory if enough of that is free. */
async function runFolder(): Promise<string> {
  const memory = await statfs(MEMORY_FOLDER).catch(() => undefined);
  if (!memory || memory.bavail * memory.bsize < MEMORY_FREE_BYTES_MIN) return homeDir;
  const folder = join(MEMORY_FOLDER, FOLDER_NAME);
  await makeOwnFolder(folder);
  return folder;
}

/**
 * The folder of a stopped, migrated cluster. It is made under another name and then renamed, so that test processes
 * that make it at the same time don't disturb each other.
 */
async function migratedSnapshot(): Promise<string> {
  const snapshot = join(homeDir, `snapshot-${await versionHash()}`);
  if (await stat(snapshot).catch(() => undefined)) return snapshot;
  await removeOldSnapshots();
  const unfinished = await mkdtemp(join(homeDir, 'new-'));
  try {
    const server = await startEmbeddedPostgres({ dataDir: unfinished, logger, durable: false });
    try {
      const db = createWriterPool(server.url, { logger });
      await migrateToLatest(db);
      await db.destroy();
    } finally {
      await server.stop();
    }
    await rename(unfinished, snapshot).catch(async (error) => {
      if (!(await stat(snapshot).catch(() => undefined))) throw error;
    });
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
  return snapshot;
}

/** A hash of everything that determines the content of a cluster. */
async function versionHash(): Promise<string> {
  const hash = createHash('sha256');
  for (const folder of ['../../migrations/', '../../src/embedded/postgres/']) {
    const url = new URL(folder, import.meta.url);
    for (const file of (await readdir(url)).sort())
      hash.update(file).update(await readFile(new URL(file, url)));
  }
  return hash.digest('hex').slice(0, 16);
}

async function removeOldSnapshots(): Promise<void> {
  for (const name of await readdir(homeDir)) {
    const path = join(homeDir, name);
    const made = (await stat(path).catch(() => undefined))?.mtimeMs ?? Date.now();
    if (name.startsWith('snapshot-') && Date.now() - made > SNAPSHOT_AGE_MS_MAX)
      await rm(path, { recursive: true, force: true });
  }
}

/**
 * A process that outlives a killed test. When its input ends without a message, it stops the server and removes the
 * folder. Returns a function that ends it.
 */
function guard(dataDir: string): () => void {
  const script = `
    read -r word && exit
    server=$(head -n 1 "$0/cluster/postmaster.pid") && kill -INT "$server"
    while kill -0 "$server" 2>/dev/null; do sleep 0.1; done
    rm -rf "$0"`;
  const child = spawn('sh', ['-c', script, dataDir], { stdio: ['pipe', 'ignore', 'ignore'], detached: true });
  child.unref();
  return () => child.stdin.end('dismissed\n');
}
