import type { Logger } from 'pino';
import { BusUnavailableError, type CommandBus } from '../bus/command-bus.js';
import type { Clock } from '../clock.js';
import type { Ledger } from '../ledger/ledger.js';
import type { OperationCatalogue } from '../operations/registry.js';
import { Periodic } from '../timing/periodic.js';
import { type ActiveRun, type ActiveRuns, everyActiveRun } from './active-runs.js';
import { createStrandedRuns } from './stranded-runs.js';

export interface DispatcherOptions {
  readonly everyMs: number;
  /** A run still pending after this long is sent again; longer than a start's own publishing may take. */
  readonly resendAfterMs: number;
  readonly publishTimeoutMs: number;
}

/** A run that is sent again and again and doesn't begin is sent ever more seldom, down to this. */
const RESEND_SELDOM_TIMES = 12;

interface Waiting {
  /** When this process first saw the run pending. */
  readonly sinceMs: number;
  readonly dueMs: number;
  /** The wait before `dueMs`. */
  readonly waitedMs: number;
}

/**
 * Sends again what is still pending: its starter died between recording and publishing, a worker handed it back,
 * or the bus lost its data. Sending twice is free, because the bus keeps one command per run; a long queue is
 * nevertheless not offered whole at every pass. A run that can't be sent keeps nobody else waiting, and one that
 * nobody can carry out any more is ended (`stranded-runs.ts`).
 */
export function createDispatcher(
  deps: {
    readonly runs: Pick<ActiveRuns, 'page'>;
    readonly ledger: Ledger;
    readonly bus: CommandBus;
    readonly operations: OperationCatalogue;
    readonly clock: Clock;
    readonly logger: Logger;
  },
  options: DispatcherOptions,
): Periodic {
  const { bus, clock, logger } = deps;
  const stranded = createStrandedRuns(deps);
  // Age is counted from when this process first saw the run pending, on a clock that can't jump.
  let waiting = new Map<string, Waiting>();

  async function pass(signal: AbortSignal): Promise<void> {
    const seen = new Map<string, Waiting>();
    for await (const run of everyActiveRun(deps.runs)) {
      if (signal.aborted) return;
      if (run.state !== 'pending') continue;
      // A run handed back waits anew: its command was given back with it.
      const key = `${run.runId}#${run.attempt}`;
      const nowMs = clock.monotonicMs();
      const known = waiting.get(key) ?? {
        sinceMs: nowMs,
        dueMs: nowMs + options.resendAfterMs,
        waitedMs: options.resendAfterMs,
      };
      waiting.set(key, known);
      await stranded.lookAt(run, known.sinceMs);
      seen.set(key, nowMs < known.dueMs ? known : await resend(run, known));
    }
    waiting = seen;
    stranded.passed();
  }

  /** Errors: BusUnavailableError, which ends the pass; the next one begins where this one had to stop. */
  async function resend(run: ActiveRun, { sinceMs, waitedMs }: Waiting): Promise<Waiting> {
    const { tenantId, type, runId, correlationId } = run;
    const log = logger.child({ runId, tenantId, correlationId });
    let taken = false;
    try {
      const command = { tenantId, type, runId, correlationId };
      taken = (await bus.publish(command, { timeoutMs: options.publishTimeoutMs })) === 'published';
      if (taken) log.info('run sent again');
    } catch (error) {
      if (error instanceof BusUnavailableError) throw error;
      log.error({ err: error }, 'a pending run could not be sent; the others are');
    }
    // The bus had it still: it waits its turn, and asking more often would not help it.
    const longestMs = options.resendAfterMs * RESEND_SELDOM_TIMES;
    const nextMs = taken ? options.resendAfterMs : Math.min(waitedMs * 2, longestMs);
    return { sinceMs, dueMs: clock.monotonicMs() + nextMs, waitedMs: nextMs };
  }

  return new Periodic('dispatcher', options.everyMs, pass, deps);
}
