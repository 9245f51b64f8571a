import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Remembers, over restarts too, that streams were truncated since the log was last compacted. A file that is there
 * or not; one that a crash loses only delays compaction until the next truncation.
 */
export interface TruncationMark {
  set(): void;
  /** Called before a pass begins, so that what is truncated during it is seen by the next. */
  clear(): void;
  readonly isSet: boolean;
}

export function openTruncationMark(dataDir: string): TruncationMark {
  const path = join(dataDir, 'truncated');
  let isSet = existsSync(path);
  return {
    get isSet() {
      return isSet;
    },
    set() {
      if (isSet) return;
      writeFileSync(path, '');
      isSet = true;
    },
    clear() {
      rmSync(path, { force: true });
      isSet = false;
    },
  };
}
