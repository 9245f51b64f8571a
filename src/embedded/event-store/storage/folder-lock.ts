import { linkSync, readFileSync, rmSync, statSync, unlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { nodeErrorCode } from './storage-errors.js';

/** Another running process uses the folder. */
export class FolderInUseError extends Error {
  override readonly name = 'FolderInUseError';
}

export interface FolderLock {
  release(): void;
}

interface Owner {
  readonly pid: number;
  /**
   * When the process started, in the kernel's ticks. It distinguishes the process from a later one with the same
   * number.
   */
  readonly startedAt: string;
  readonly host: string;
}

const TOUCH_INTERVAL_MS = 5_000;
/** A lock from another machine or container that wasn't touched for this long is abandoned. */
const ABANDONED_AFTER_MS = 20_000;

/**
 * Makes this process the only one that uses the folder. The lock of a killed process is recognised: on the same
 * machine because the process is gone, elsewhere because the lock is no longer touched. Errors: FolderInUseError.
 */
export function lockFolder(folder: string): FolderLock {
  const path = join(folder, 'lock');
  const mine = `${path}.${process.pid}.tmp`;
  writeFileSync(
    mine,
    JSON.stringify({ pid: process.pid, startedAt: startOf(process.pid), host: hostname() }),
  );
  try {
    acquire(path, mine);
  } finally {
    rmSync(mine, { force: true });
  }
  const timer = setInterval(() => touch(path), TOUCH_INTERVAL_MS);
  timer.unref();
  let released = false;
  return {
    release() {
      if (released) return;
      released = true;
      clearInterval(timer);
      rmSync(path, { force: true });
    },
  };
}

function acquire(path: string, mine: string): void {
  for (;;) {
    try {
      // A link is created with its whole content, or fails because the name exists.
      linkSync(mine, path);
      return;
    } catch (error) {
      if (nodeErrorCode(error) !== 'EEXIST') throw error;
    }
    const owner = readOwner(path);
    if (owner && isRunning(path, owner)) {
      throw new FolderInUseError(
        `${path.slice(0, -'/lock'.length)} is in use by process ${owner.pid} on ${owner.host}; an event store's folder belongs to one process`,
      );
    }
    removeIfUnchanged(path, owner);
  }
}

function readOwner(path: string): Owner | undefined {
  try {
    const value: unknown = JSON.parse(readFileSync(path, 'utf8'));
    if (typeof value !== 'object' || value === null) return undefined;
    const { pid, startedAt, host } = value as Partial<Record<keyof Owner, unknown>>;
    if (typeof pid !== 'number' || typeof startedAt !== 'string' || typeof host !== 'string')
      return undefined;
    return { pid, startedAt, host };
  } catch {
    return undefined;
  }
}

function isRunning(path: string, owner: Owner): boolean {
  if (owner.host !== hostname()) return Date.now() - touchedAt(path) < ABANDONED_AFTER_MS;
  try {
    process.kill(owner.pid, 0);
  } catch (error) {
    // EPERM: the process runs as another user.
    if (nodeErrorCode(error) !== 'EPERM') return false;
  }
  return startOf(owner.pid) === owner.startedAt;
}

/** The start time of a process on Linux; elsewhere empty, and the process number alone decides. */
function startOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The command's name may hold spaces and brackets; the fields after it don't. The 22nd is the start time.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  } catch {
    return '';
  }
}

function touchedAt(path: string): number {
  try {
    return statSync(path).mtimeMs;
  } catch {
    return 0;
  }
}

function touch(path: string): void {
  const now = new Date();
  try {
    utimesSync(path, now, now);
  } catch (error) {
    if (nodeErrorCode(error) !== 'ENOENT') throw error;
  }
}

/** Removes an abandoned lock, unless another process has put its own in its place. */
function removeIfUnchanged(path: string, owner: Owner | undefined): void {
  const now = readOwner(path);
  if (now?.pid !== owner?.pid || now?.startedAt !== owner?.startedAt) return;
  try {
    unlinkSync(path);
  } catch (error) {
    if (nodeErrorCode(error) !== 'ENOENT') throw error;
  }
}
