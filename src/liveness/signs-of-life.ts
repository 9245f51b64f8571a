import type { Logger } from 'pino';
import type { Clock } from '../clock.js';
import { later } from '../timing/later.js';
import type { Liveness, RunName } from './liveness.js';

export interface SignsDependencies {
  readonly liveness: Liveness;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** The part of a claimed run that giving signs of life needs. */
export interface BeatingRun extends RunName {
  readonly attempt: number;
  readonly correlationId: string;
  /** How the worker's hold ended, or undefined while it holds the run. */
  readonly end: string | undefined;
  /** Reports that the claim is lost. */
  lose(why: string): void;
  /** Reports that a sign of life which was sent at `sentMs` (monotonic) has been noted. */
  prolong(sentMs: number): void;
}

/** Ends a wait. Giving a reason avoids creating an AbortError that nobody sees. */
const STOPPED = 'stopped';

/** Gives a run's signs of life until it is stopped. */
export interface Beating {
  /** Gives no more signs; resolves when the last sign of an ended run was removed, if it had given any. */
  stop(): Promise<void>;
}

/**
 * Gives a sign of life at regular times. The claim counts as the first one, so a run that ends before the second is
 * due costs only a timer.
 */
export function keepBeating(
  deps: SignsDependencies,
  run: BeatingRun,
  { worker, everyMs }: { readonly worker: string; readonly everyMs: number },
): Beating {
  const { clock, liveness, logger } = deps;
  const { tenantId, runId, attempt, correlationId } = run;
  const stopped = new AbortController();
  let beating: Promise<void> | undefined;

  async function beat(until: AbortSignal): Promise<void> {
    while (!until.aborted) {
      const sentMs = clock.monotonicMs();
      const noted = liveness.beat({ tenantId, runId, attempt, worker }).then(
        (answer) => {
          if (answer === 'superseded') run.lose('a later attempt has begun');
          else run.prolong(sentMs);
        },
        (error: unknown) =>
          logger.warn({ err: error, tenantId, runId, correlationId }, 'a sign of life could not be noted'),
      );
      // Doesn't wait longer than one interval for a hanging connection, so that the next beat is sent in time.
      await Promise.race([noted, clock.sleep(everyMs, until)]);
      await clock.sleep(sentMs + everyMs - clock.monotonicMs(), until);
    }
  }

  const cancelFirst = later(clock, everyMs, () => {
    beating = beat(stopped.signal);
  });
  return {
    async stop() {
      cancelFirst();
      const mayHaveSign = beating !== undefined || attempt > 1;
      // Most runs end before their first sign is due, and aborting a signal costs more than their whole beating.
      if (beating) stopped.abort(STOPPED);
      await beating;
      if (mayHaveSign && run.end === 'ended') await forgetSigns(deps, run);
    },
  };
}

/** Removes the last sign of life of an ended run. Errors are only logged, because nothing depends on it. */
export async function forgetSigns(
  { liveness, logger }: Pick<SignsDependencies, 'liveness' | 'logger'>,
  { tenantId, runId }: RunName,
): Promise<void> {
  try {
    await liveness.forget(tenantId, runId);
  } catch (error) {
    logger.warn({ err: error, tenantId, runId }, 'the last sign of life could not be removed');
  }
}
