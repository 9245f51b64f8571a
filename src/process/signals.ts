import { CommandFailure, EXIT } from './exit.js';
import { watchRunner } from './parent-watch.js';

/** What ends a command that runs until it is told otherwise. */
export interface Stopping {
  /** Aborts on Ctrl-C, SIGTERM and SIGHUP, when npm is gone, and when a part finds that it can never work. */
  readonly signal: AbortSignal;
  /** Resolves when the signal aborts. */
  readonly told: Promise<void>;
  /** Ends the command with an error's sentence. */
  readonly fail: (error: Error) => void;
  /** After everything has been stopped. Errors: CommandFailure with the sentence given to `fail`. */
  throwIfFailed(): void;
}

/** Ctrl-C under npm arrives twice, from the terminal and from npm: within this time it counts once. */
const SAME_TELLING_MS = 500;

/**
 * Listens for the signals that end a process. Told a second time, the process ends at once: what it had in hand
 * is taken over from the log by whoever comes next. A terminal that closes (SIGHUP) says so only once.
 */
export function untilToldToStop(): Stopping {
  const told = new AbortController();
  let failure: Error | undefined;
  let toldAtMs = 0;
  const begin = () => told.abort();
  const stop = () => {
    const now = performance.now();
    if (!told.signal.aborted) toldAtMs = now;
    else if (now - toldAtMs > SAME_TELLING_MS) process.exit(EXIT.failed);
    begin();
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  process.on('SIGHUP', begin);
  watchRunner(begin);
  return {
    signal: told.signal,
    told: new Promise((resolve) => {
      told.signal.addEventListener('abort', () => resolve(), { once: true });
    }),
    fail(error) {
      failure ??= error;
      told.abort();
    },
    throwIfFailed() {
      if (failure) throw new CommandFailure(failure.message);
    },
  };
}
