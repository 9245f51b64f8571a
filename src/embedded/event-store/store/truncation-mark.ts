import { rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { EventStoreLogger } from '../logger.js';
import { errorCode, errorMessage } from '../storage/storage-errors.js';

/**
 * Remembers, over restarts too, that streams were truncated and something of it may still be on disk. A file whose
 * age says since when; one that a crash loses only delays compaction until the next truncation.
 */
export interface TruncationMark {
  /** Something was truncated. */
  set(): void;
  /** There was a truncation since the last `take`. */
  readonly fresh: boolean;
  /** Since when something waits to leave the disk, milliseconds since 1970; undefined: nothing does. */
  readonly sinceMs: number | undefined;
  /** Clears the mark when a pass begins, so that what is truncated during it is seen by the next. */
  take(): void;
  /** Puts the mark back: the pass left something on disk that has waited since then. */
  putBack(sinceMs: number): void;
}

export function openTruncationMark(dataDir: string, logger: EventStoreLogger): TruncationMark {
  const path = join(dataDir, 'truncated');
  let sinceMs = modifiedAt(path);
  let fresh = sinceMs !== undefined;
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
      try {
        writeFileSync(path, '');
        sinceMs = modifiedAt(path);
      } catch (error) {
        // On a full disk the mark lives in memory alone; a restart before the next pass then delays compaction.
        logger.warn({ path, reason: errorMessage(error) }, 'a truncation could not be marked on disk');
      }
    },
    take() {
      rmSync(path, { force: true });
      sinceMs = undefined;
      fresh = false;
    },
    putBack(since) {
      writeFileSync(path, '');
      utimesSync(path, since / 1000, since / 1000);
      sinceMs = since;
    },
  };
}

function modifiedAt(path: string): number | undefined {
  try {
    return statSync(path).mtimeMs;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}
