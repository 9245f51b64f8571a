import { CommandFailure, EXIT } from './exit.js';
import { watchRunner } from './parent-watch.js';

/** The ways in which a command that runs until it is stopped can end. */
export interface Stopping {
  /** Aborts on Ctrl-C, SIGTERM and SIGHUP, when npm is gone, and when a part finds that it can never work. */
  readonly signal: AbortSignal;
  /** Resolves when `signal` aborts. */
  readonly requested: Promise<void>;
  /** Ends the command with the error's message. */
  readonly fail: (error: Error) => void;
  /**
   * Must be called after everything was stopped. Errors: CommandFailure with the message of the error given to
   * `fail`.
   */
  throwIfFailed(): void;
}

/** Under npm, Ctrl-C arrives twice, from the terminal and from npm; two signals within this time count as one. */
const SAME_SIGNAL_MS = 500;

/**
 * Listens for the signals that end a process. A second signal ends the process at once; another process then takes
 * over its runs from the log. SIGHUP (a closed terminal) never counts as the second signal.
 */
export function stopOnSignals(): Stopping {
  const stopping = new AbortController();
  let failure: Error | undefined;
  let firstSignalAtMs = 0;
  const begin = () => stopping.abort();
  const stop = () => {
    const now = performance.now();
    if (!stopping.signal.aborted) firstSignalAtMs = now;
    else if (now - firstSignalAtMs > SAME_SIGNAL_MS) process.exit(EXIT.failed);
    begin();
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  process.on('SIGHUP', begin);
  watchRunner(begin);
  return {
    signal: stopping.signal,
    requested: new Promise((resolve) => {
      stopping.signal.addEventListener('abort', () => resolve(), { once: true });
    }),
    fail(error) {
      failure ??= error;
      stopping.abort();
    },
    throwIfFailed() {
      if (failure) throw new CommandFailure(failure.message);
    },
  };
}
