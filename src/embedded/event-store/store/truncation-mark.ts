import { readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../../../clock.js';
import type { EventStoreLogger } from '../logger.js';
import { replaceFile } from '../storage/files.js';
import { errorCode, errorMessage } from '../storage/storage-errors.js';

/**
 * Remembers, over restarts too, that streams were truncated and that something of it may still be on disk. A file
 * that says since when, milliseconds since 1970. It stays until a pass has removed everything, so that a crash in
 * the middle of a pass loses nothing.
 */
export interface TruncationMark {
  /** Something was truncated. */
  set(): void;
  /** There was a truncation since the last pass began. */
  readonly fresh: boolean;
  /** Since when something waits to leave the disk, milliseconds since 1970; undefined: nothing does. */
  readonly sinceMs: number | undefined;
  /** A pass begins: what is truncated from now on is seen by the next one. */
  beginPass(): void;
  /** A pass has ended; `garbageStays` when it left something on disk. */
  endPass(garbageStays: boolean): void;
}

export function openTruncationMark(dataDir: string, clock: Clock, logger: EventStoreLogger): TruncationMark {
  const path = join(dataDir, 'truncated');
  let sinceMs = readMark(path);
  let fresh = sinceMs !== undefined;

  function write(since: number): void {
    try {
      replaceFile(path, `${since}\n`);
    } catch (error) {
      // On a full disk the mark lives in memory alone; a restart before the next pass then delays compaction.
      logger.warn({ path, reason: errorMessage(error) }, 'a truncation could not be marked on disk');
    }
  }

  return {
    get fresh() {
      return fresh;
    },
    get sinceMs() {
      return sinceMs;
    },
    set() {
      fresh = true;
      if (sinceMs !== undefined) return;
      sinceMs = clock.now();
      write(sinceMs);
    },
    beginPass() {
      fresh = false;
    },
    endPass(garbageStays) {
      if (garbageStays) return;
      if (fresh) {
        sinceMs = clock.now();
        write(sinceMs);
        return;
      }
      sinceMs = undefined;
      rmSync(path, { force: true });
    },
  };
}

/** What the mark says; the time of the file where it says nothing, as marks of older versions do. */
function readMark(path: string): number | undefined {
  try {
    const text = readFileSync(path, 'utf8').trim();
    return text !== '' && Number.isFinite(Number(text)) ? Number(text) : statSync(path).mtimeMs;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}
