import { readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../../../clock.js';
import { errorMessage } from '../../../wording/error-message.js';
import type { EventStoreLogger } from '../logger.js';
import { replaceFile } from '../storage/files.js';
import { nodeErrorCode } from '../storage/storage-errors.js';

/**
 * A file that records, also over restarts, that streams were truncated and that garbage may still be on disk. It
 * holds the time of the first truncation, milliseconds since 1970. It stays until a pass has removed everything, so
 * that a crash during a pass loses nothing.
 */
export interface TruncationMark {
  /** Records a truncation. */
  set(): void;
  /** Whether there was a truncation since the last pass began. */
  readonly fresh: boolean;
  /** Since when garbage has been on disk, milliseconds since 1970; undefined when there is none. */
  readonly sinceMs: number | undefined;
  /** Begins a pass; later truncations belong to the next one. */
  beginPass(): void;
  /** Ends a pass; `garbageStays` says that it left garbage on disk. */
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
      // On a full disk the mark is kept only in memory; a restart before the next pass then delays compaction.
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

/** The time in the mark, or the file's own time for marks of older versions, which have none. */
function readMark(path: string): number | undefined {
  try {
    const text = readFileSync(path, 'utf8').trim();
    return text !== '' && Number.isFinite(Number(text)) ? Number(text) : statSync(path).mtimeMs;
  } catch (error) {
    if (nodeErrorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}
