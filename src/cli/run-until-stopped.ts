import type { Logger } from 'pino';
import { systemClock } from '../clock.js';
import { type Stopping, stopOnSignals } from '../process/signals.js';
import { Parts } from '../program/parts.js';
import { endedWithin } from '../timing/ended-within.js';

/** Longest time until a command that is stopped during its start has ended. */
const GIVE_UP_WITHIN_MS = 8_000;
/** How long a part that could not be stopped may keep the process alive. */
const LEFT_ALIVE_MS = 2_000;

/** The arguments for the work of a command that runs until it is stopped. */
export interface RunningCommand {
  readonly parts: Parts;
  readonly stopping: Stopping;
}

/**
 * Runs a command until its work ends or the process is told to stop, and then stops all parts. The process ends
 * within its limits even when a part can't be stopped; its runs are then taken over by other processes. Errors: those
 * of the work until the process is told to stop; CommandFailure when a part found that it can never work.
 */
export async function runUntilStopped(
  logger: Logger,
  work: (running: RunningCommand) => Promise<void>,
): Promise<void> {
  const parts = new Parts(logger);
  const stopping = stopOnSignals();
  try {
    await endedOrGivenUp(stopping, work({ parts, stopping }), logger);
  } finally {
    await parts.stop();
    endIfSomethingIsLeft(logger);
  }
  stopping.throwIfFailed();
}

async function endedOrGivenUp(stopping: Stopping, work: Promise<void>, logger: Logger): Promise<void> {
  const ended = work.catch((error: unknown) => {
    if (!stopping.signal.aborted) throw error;
  });
  await Promise.race([ended, stopping.requested]);
  if (!(await endedWithin(systemClock, ended, GIVE_UP_WITHIN_MS)))
    logger.error({ limitMs: GIVE_UP_WITHIN_MS }, 'the start did not end in time and is abandoned');
}

/** Ends the process a moment later, unless it has ended by itself, and names what kept it alive. */
function endIfSomethingIsLeft(logger: Logger): void {
  const end = setTimeout(() => {
    const left = process.getActiveResourcesInfo();
    logger.error({ left }, 'the process is ended although something is left that kept it alive');
    process.exit();
  }, LEFT_ALIVE_MS);
  end.unref();
}
