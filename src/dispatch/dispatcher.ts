import type { Logger } from 'pino';
import { BusUnavailableError, type CommandBus } from '../bus/command-bus.js';
import type { Clock } from '../clock.js';
import type { Ledger } from '../ledger/ledger.js';
import type { Lease } from '../liveness/lease.js';
import { attemptKey } from '../liveness/liveness.js';
import type { WaitingTimes } from '../liveness/waiting-times.js';
import type { OperationCatalogue } from '../operations/registry.js';
import { Periodic } from '../timing/periodic.js';
import { type ActiveRun, type ActiveRuns, activeRunPages } from './active-runs.js';
import { createQueueLimits } from './queue-limits.js';

export interface DispatcherOptions {
  readonly everyMs: number;
  /** A run that is pending for this long is sent again; must be longer than a start's own publishing may take. */
  readonly resendAfterMs: number;
  readonly publishTimeoutMs: number;
}

/** The wait between two sends of a run's command grows up to this many times `resendAfterMs`. */
const RESEND_WAIT_FACTOR_MAX = 12;

interface Waiting {
  readonly dueMs: number;
  /** The wait before `dueMs`. */
  readonly waitedMs: number;
}

/**
 * Sends the commands of pending runs again: the process that started the run died before publishing, a worker handed
 * the run back, or the bus lost its data. Sending twice is harmless, because the bus keeps one command per run. The
 * waits grow, so that a long queue isn't sent whole at every pass. A run that can't be sent doesn't hold up the
 * others, and a run that waited too long is ended (`queue-limits.ts`).
 */
export function createDispatcher(
  deps: {
    readonly runs: Pick<ActiveRuns, 'known' | 'page'>;
    /** Lets only one dispatcher work for all processes. */
    readonly lease: Lease;
    readonly waits: WaitingTimes;
    readonly ledger: Ledger;
    readonly bus: CommandBus;
    readonly operations: OperationCatalogue;
    readonly clock: Clock;
    readonly logger: Logger;
  },
  options: DispatcherOptions,
): Periodic {
  const { bus, clock, logger } = deps;
  const limits = createQueueLimits(deps);
  let waiting = new Map<string, Waiting>();

  async function pass(signal: AbortSignal): Promise<void> {
    if (!(await deps.lease.hold()) || !(await deps.runs.known())) return;
    const seen = new Map<string, Waiting>();
    for await (const page of activeRunPages(deps.runs)) {
      const pending = page.filter(({ state }) => state === 'pending');
      const nowMs = clock.monotonicMs();
      // A run that was handed back starts to wait again, because its command was given back too.
      for (const run of pending) waiting.set(attemptKey(run), waiting.get(attemptKey(run)) ?? newWait(nowMs));
      await limits.checkPage(pending, signal);
      for (const run of pending) {
        if (signal.aborted) return;
        const known = waiting.get(attemptKey(run)) ?? newWait(nowMs);
        seen.set(attemptKey(run), nowMs < known.dueMs ? known : await resend(run, known));
      }
    }
    waiting = seen;
    limits.endPass();
  }

  const newWait = (nowMs: number): Waiting => ({
    dueMs: nowMs + options.resendAfterMs,
    waitedMs: options.resendAfterMs,
  });

  /** Errors: BusUnavailableError, which ends the pass; the next pass sends all runs that are due. */
  async function resend(run: ActiveRun, { waitedMs }: Waiting): Promise<Waiting> {
    const { tenantId, type, runId, correlationId } = run;
    const log = logger.child({ runId, tenantId, correlationId });
    let wasPublished = false;
    try {
      const command = { tenantId, type, runId, correlationId };
      wasPublished = (await bus.publish(command, { timeoutMs: options.publishTimeoutMs })) === 'published';
      if (wasPublished) log.info('run sent again');
    } catch (error) {
      if (error instanceof BusUnavailableError) throw error;
      log.error({ err: error }, 'a pending run could not be sent; going on with the others');
    }
    // The bus still had the command, so sending it more often would not help.
    const longestMs = options.resendAfterMs * RESEND_WAIT_FACTOR_MAX;
    const nextMs = wasPublished ? options.resendAfterMs : Math.min(waitedMs * 2, longestMs);
    return { dueMs: clock.monotonicMs() + nextMs, waitedMs: nextMs };
  }

  return new Periodic('dispatcher', options.everyMs, pass, deps);
}
