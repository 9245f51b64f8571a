import { EXIT } from './exit.js';

/**
 * Aborts when the process is told to stop (Ctrl-C, SIGTERM). Told a second time, the process ends at once: what
 * it had in hand is taken over from the log by whoever comes next.
 */
export function untilToldToStop(): AbortSignal {
  const told = new AbortController();
  const stop = () => {
    if (told.signal.aborted) process.exit(EXIT.failed);
    told.abort();
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  return told.signal;
}
