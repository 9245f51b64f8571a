import type { Logger } from 'pino';
import type { Consumption } from '../bus/command-bus.js';
import type { Clock } from '../clock.js';
import type { Ledger } from '../ledger/ledger.js';

/** How often a worker that stands back checks whether it can write again. */
export const LOOK_EVERY_MS = 1_000;

/** Keeps commands away from a worker that can't write to the log, so that they go to workers that can. */
export interface StandBack {
  /** Called after each error of the log. If this process can't write, no command is taken until it can. */
  logFailed(): void;
  /** Checks no more; the consumption stays as it is. */
  stop(): void;
}

/**
 * The bus offers a command that was given back to any worker, and often to the same one again. So a worker whose clock
 * is wrong, or who alone can't reach the log, would keep runs from the others.
 */
export function createStandBack(deps: {
  readonly consumption: Pick<Consumption, 'pause' | 'resume'>;
  readonly ledger: Pick<Ledger, 'canWrite'>;
  readonly clock: Clock;
  readonly logger: Logger;
}): StandBack {
  const { consumption, ledger, clock, logger } = deps;
  const stopping = new AbortController();
  let checking = false;

  async function waitForLog(): Promise<void> {
    if (await ledger.canWrite()) return;
    logger.warn('nothing can be recorded from here; runs are left to other workers');
    await consumption.pause();
    while (!stopping.signal.aborted && !(await ledger.canWrite()))
      await clock.sleep(LOOK_EVERY_MS, stopping.signal);
    if (stopping.signal.aborted) return;
    logger.info('runs can be recorded again; they are taken again');
    consumption.resume();
  }

  return {
    logFailed() {
      if (checking || stopping.signal.aborted) return;
      checking = true;
      void waitForLog().finally(() => {
        checking = false;
      });
    },
    stop: () => stopping.abort(),
  };
}
