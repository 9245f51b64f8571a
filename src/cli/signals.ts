import { CommandFailure, EXIT } from './exit.js';

/** What ends a command that runs until it is told otherwise. */
export interface Stopping {
  /** Aborts on Ctrl-C, on SIGTERM, and when a part finds that it can never work. */
  readonly signal: AbortSignal;
  /** Resolves when the signal aborts. */
  readonly told: Promise<void>;
  /** Ends the command with an error's sentence. */
  readonly fail: (error: Error) => void;
  /** After everything has been stopped. Errors: CommandFailure with the sentence given to `fail`. */
  throwIfFailed(): void;
}

/**
 * Listens for the signals that end a process. Told a second time, the process ends at once: what it had in hand
 * is taken over from the log by whoever comes next.
 */
export function untilToldToStop(): Stopping {
  const told = new AbortController();
  let failure: Error | undefined;
  const stop = () => {
    if (told.signal.aborted) process.exit(EXIT.failed);
    told.abort();
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
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
