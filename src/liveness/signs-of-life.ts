import type { Logger } from 'pino';
import type { Clock } from '../clock.js';
import { later } from '../timing/later.js';
import type { Liveness, RunName } from './liveness.js';

export interface SignsDependencies {
  readonly liveness: Liveness;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** A run in this worker's hands, as its signs of life see it. */
export interface BeatingRun extends RunName {
  readonly attempt: number;
  readonly correlationId: string;
  /** How it ended, or undefined while the worker holds it. */
  readonly end: string | undefined;
  /** The claim is gone. */
  lose(why: string): void;
  /** A sign of life that was sent at this monotonic time has been noted. */
  prolong(sentMs: number): void;
}

/** Ends a wait. A reason of our own spares the making of an AbortError that nobody sees. */
const OVER = 'over';

/** A run's signs of life, left until it is told to stop. */
export interface Beating {
  /** Leaves no more; resolves once the last one is cleared away, where the run has ended and has left any. */
  stop(): Promise<void>;
}

/**
 * Leaves a sign of life every so often. The claim itself is the first one; a run that is over before the next one is
 * due needs none, and costs nothing but a timer.
 */
export function keepBeating(
  deps: SignsDependencies,
  run: BeatingRun,
  { worker, everyMs }: { readonly worker: string; readonly everyMs: number },
): Beating {
  const { clock, liveness, logger } = deps;
  const { tenantId, runId, attempt, correlationId } = run;
  const over = new AbortController();
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
      // A connection that hangs must not silence the beats that come after it.
      await Promise.race([noted, clock.sleep(everyMs, until)]);
      await clock.sleep(sentMs + everyMs - clock.monotonicMs(), until);
    }
  }

  const callOffFirst = later(clock, everyMs, () => {
    beating = beat(over.signal);
  });
  return {
    async stop() {
      callOffFirst();
      const leftASign = beating !== undefined || attempt > 1;
      over.abort(OVER);
      await beating;
      if (leftASign && run.end === 'ended') await forgetSigns(deps, run);
    },
  };
}

/** Clears away the last sign of life of a run that has ended. Nothing depends on it: trouble is logged. */
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
