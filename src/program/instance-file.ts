import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';

/**
 * The product that runs on a data folder. The CLI finds it by this file, and a second start notices the first one.
 */
export interface Instance {
  readonly pid: number;
  /**
   * When the process began, to distinguish it from a later process with the same number; empty if the system
   * doesn't say.
   */
  readonly began: string;
  /** Null until pages are served. */
  readonly url: string | null;
  /** Addresses of the log and the database for maintenance commands; null until they run. */
  readonly servers: { readonly eventStoreUrl: string; readonly databaseUrl: string } | null;
  /**
   * A token with which programs of this machine's user can use the API; only this file and the running process
   * have it.
   */
  readonly token: string;
}

const schema = z.object({
  pid: z.int(),
  began: z.string(),
  url: z.string().nullable(),
  servers: z.object({ eventStoreUrl: z.string(), databaseUrl: z.string() }).nullable(),
  token: z.string(),
});

/** The data folder is in use by a living process. */
class AlreadyRunningError extends Error {
  override readonly name = 'AlreadyRunningError';
  constructor(dataDir: string, instance: Instance) {
    const where = instance.url ? ` at ${instance.url}` : '';
    super(
      `Opsledger runs on ${dataDir} already${where} (process ${instance.pid}). ` +
        'Stop it first, or choose another folder with --data.',
    );
  }
}

const TOKEN_BYTES = 32;
const fileOf = (dataDir: string): string => path.join(dataDir, 'instance.json');

/** The product that runs on a data folder, or undefined. */
export async function findInstance(dataDir: string): Promise<Instance | undefined> {
  const instance = await readInstance(dataDir);
  return instance && isRunning(instance) ? instance : undefined;
}

/**
 * Claims the data folder for this process. The file of a killed process is replaced. The event store and
 * PostgreSQL also lock their own folders; this file gives the refusal a clear message. Errors:
 * AlreadyRunningError.
 */
export async function claimDataFolder(dataDir: string): Promise<ClaimedFolder> {
  await makeFolder(dataDir);
  const mine: Instance = {
    pid: process.pid,
    began: beganAt(process.pid),
    url: null,
    servers: null,
    token: randomBytes(TOKEN_BYTES).toString('base64url'),
  };
  for (;;) {
    try {
      await writeFile(fileOf(dataDir), JSON.stringify(mine), { flag: 'wx', mode: 0o600 });
      return new ClaimedFolder(dataDir, mine);
    } catch (error) {
      if (!isCode(error, 'EEXIST')) throw error;
    }
    const other = await readInstance(dataDir);
    if (other && isRunning(other)) throw new AlreadyRunningError(dataDir, other);
    await rm(fileOf(dataDir), { force: true });
  }
}

async function makeFolder(dataDir: string): Promise<void> {
  try {
    await mkdir(dataDir, { recursive: true });
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    throw new Error(
      `The data folder ${dataDir} can't be made (${code}): name another one by --data or OPSLEDGER_DATA, or change who may write there.`,
      { cause: error },
    );
  }
}

/** A data folder that this process has claimed. */
export class ClaimedFolder {
  constructor(
    private readonly dataDir: string,
    private instance: Instance,
  ) {}

  get token(): string {
    return this.instance.token;
  }

  /** Writes the addresses of the product and its servers into the file. */
  async announce(reached: Pick<Instance, 'url' | 'servers'>): Promise<void> {
    this.instance = { ...this.instance, ...reached };
    const next = `${fileOf(this.dataDir)}.${process.pid}`;
    await writeFile(next, JSON.stringify(this.instance), { mode: 0o600 });
    await rename(next, fileOf(this.dataDir));
  }

  async release(): Promise<void> {
    await rm(fileOf(this.dataDir), { force: true });
  }
}

async function readInstance(dataDir: string): Promise<Instance | undefined> {
  try {
    const parsed = schema.safeParse(JSON.parse(await readFile(fileOf(dataDir), 'utf8')));
    return parsed.data;
  } catch (error) {
    // The file is missing, or incomplete after a loss of power; both mean that there is no instance.
    if (isCode(error, 'ENOENT') || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function isRunning(instance: Instance): boolean {
  try {
    process.kill(instance.pid, 0);
  } catch (error) {
    if (!isCode(error, 'EPERM')) return false;
  }
  return beganAt(instance.pid) === instance.began;
}

/** When a process began, in the system's own unit; empty when the system doesn't say. */
function beganAt(pid: number): string {
  try {
    // The fields after the command's closing parenthesis; the 20th of them is the start time (proc(5)).
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  } catch {
    return '';
  }
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
