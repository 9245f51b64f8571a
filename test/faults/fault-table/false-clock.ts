import { existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** Where Debian's package `libfaketime` has its library. */
const LIBRARIES = ['x86_64-linux-gnu', 'aarch64-linux-gnu'].map(
  (machine) => `/usr/lib/${machine}/faketime/libfaketimeMT.so.1`,
);

/** A wall clock of processes that a test moves, also for the libraries that they use. */
export interface FalseClock {
  /** Variables for the processes that have this clock. */
  readonly environment: NodeJS.ProcessEnv;
  /** Sets how many seconds the clock is ahead; negative: behind. Processes notice it within a second. */
  set(seconds: number): void;
}

/** A clock that is right at first, or undefined without libfaketime (Debian: `apt-get install faketime`). */
export function falseClock(folder: string, name: string): FalseClock | undefined {
  const library = LIBRARIES.find((file) => existsSync(file));
  if (library === undefined) return undefined;
  const file = path.join(folder, `${name}.clock`);
  const set = (seconds: number) => writeFileSync(file, seconds < 0 ? `${seconds}\n` : `+${seconds}\n`);
  set(0);
  return {
    environment: {
      LD_PRELOAD: library,
      FAKETIME_TIMESTAMP_FILE: file,
      FAKETIME_CACHE_DURATION: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
    },
    set,
  };
}
