import type { Logger } from 'pino';
import type { CommandBus } from '../bus/command-bus.js';
import type { Clock } from '../clock.js';
import { type ActiveRuns, everyActiveRun } from './active-runs.js';
import { Periodic } from './periodic.js';

export interface DispatcherOptions {
  readonly everyMs: number;
  /** A run still pending after this long is sent again; longer than a start's own publishing may take. */
  readonly resendAfterMs: number;
  readonly publishTimeoutMs: number;
}

/**
 * Sends again what is still pending: its starter died between recording and publishing, a worker handed it back,
 * or the bus lost its data. Sending twice is free, because the bus keeps one command per run.
 */
export function createDispatcher(
  deps: { runs: ActiveRuns; bus: CommandBus; clock: Clock; logger: Logger },
  options: DispatcherOptions,
): Periodic {
  // Age is counted from when this process first saw the run pending, on a clock that can't jump.
  let pendingSince = new Map<string, number>();

  async function pass(signal: AbortSignal): Promise<void> {
    const now = deps.clock.monotonicMs();
    const seen = new Map<string, number>();
    for await (const run of everyActiveRun(deps.runs)) {
      if (signal.aborted) return;
      if (run.state !== 'pending') continue;
      const since = pendingSince.get(run.runId) ?? now;
      seen.set(run.runId, since);
      if (now - since < options.resendAfterMs) continue;
      const { tenantId, type, runId, correlationId } = run;
      const sent = await deps.bus.publish(
        { tenantId, type, runId, correlationId },
        { timeoutMs: options.publishTimeoutMs },
      );
      if (sent === 'published') deps.logger.info({ runId, tenantId, correlationId }, 'run sent again');
    }
    pendingSince = seen;
  }

  return new Periodic('dispatcher', options.everyMs, pass, deps);
}
