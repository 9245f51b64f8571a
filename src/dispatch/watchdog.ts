import type { Logger } from 'pino';
import { BusUnavailableError, type CommandBus } from '../bus/command-bus.js';
import type { Clock } from '../clock.js';
import { LogUnavailableError } from '../ledger/event-log.js';
import type { Ledger } from '../ledger/ledger.js';
import type { Lease } from '../liveness/lease.js';
import type { LifeWatch } from '../liveness/life-watch.js';
import type { Liveness } from '../liveness/liveness.js';
import type { ExternalOperation } from '../operations/define-external.js';
import { definitionFor, type OperationCatalogue } from '../operations/registry.js';
import { takeoverAfterMs } from '../operations/takeover-after.js';
import type { OperationCommand } from '../runs/decider.js';
import type { RunState } from '../runs/run-state.js';
import { Periodic } from '../timing/periodic.js';
import { type ActiveRun, type ActiveRuns, takeoverCandidates } from './active-runs.js';
import { endRun } from './end-run.js';
import { STRANDED_ENDS_AFTER_MS } from './queue-limits.js';

export interface WatchdogOptions {
  readonly everyMs: number;
  readonly publishTimeoutMs: number;
  /** A worker that is silent for longer counts as gone, milliseconds. */
  readonly lostAfterMs: number;
}

interface WatchdogDependencies {
  readonly runs: Pick<ActiveRuns, 'known' | 'takeoverCandidates'>;
  /** Lets only one watchdog work for all processes. */
  readonly lease: Lease;
  readonly ledger: Ledger;
  readonly bus: CommandBus;
  readonly operations: OperationCatalogue;
  readonly liveness: Liveness;
  readonly watch: LifeWatch;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * Notices runs whose worker is gone (R8). It sends their command again so that another worker takes them over. It
 * ends them when they reached their attempt limit, or when no program has carried them out for too long
 * (`queue-limits.ts`). A run of an outside producer ends when the producer falls silent. A run that can't be checked
 * is logged and skipped, so that it doesn't hold up the others.
 */
export function createWatchdog(deps: WatchdogDependencies, options: WatchdogOptions): Periodic {
  const { ledger } = deps;
  /** Attempts that had to be skipped in this pass and in the one before; each is logged only once. */
  let stuck = new Set<string>();
  let stuckBefore = new Set<string>();

  function skip(run: ActiveRun, logSkip: () => void): void {
    const key = keyOf(run);
    stuck.add(key);
    if (!stuckBefore.has(key)) logSkip();
  }

  async function pass(signal: AbortSignal): Promise<void> {
    if (!(await deps.lease.hold()) || !(await deps.runs.known())) return;
    stuckBefore = stuck;
    stuck = new Set();
    const last: (readonly [ActiveRun, number])[] = [];
    await deps.watch.check();
    for await (const runs of takeoverCandidates(deps.runs)) {
      // A long pass takes longer than the limit; without this check it would look as if the process had been frozen.
      await deps.watch.check();
      if (!(await deps.lease.hold())) return;
      const silences = await deps.watch.silencesMs(runs);
      for (const [index, run] of runs.entries()) {
        if (signal.aborted) return;
        const silentMs = silences[index] ?? 0;
        // Runs that the previous pass had to skip come last, so that they don't hold up the others.
        if (stuckBefore.has(keyOf(run))) last.push([run, silentMs]);
        else await checkRun(run, silentMs, signal);
      }
    }
    for (const [run, silentMs] of last) if (!signal.aborted) await checkRun(run, silentMs, signal);
    deps.watch.endPass();
  }

  async function checkRun(run: ActiveRun, silentMs: number, signal: AbortSignal): Promise<void> {
    const definition = deps.operations.get(run.type);
    if (definition?.carriedOutBy === 'producer') await endIfSilent(run, definition, silentMs, signal);
    else if (silentMs > takeoverAfterMs(options.lostAfterMs, definition))
      await sendAgainOrEnd(run, silentMs, signal);
  }

  /** No worker can take over a producer's run, so it is ended with a reason; it may be started again. */
  async function endIfSilent(
    run: ActiveRun,
    { silenceMs }: ExternalOperation,
    silentMs: number,
    signal: AbortSignal,
  ): Promise<void> {
    const { runId, tenantId, attempt, correlationId } = run;
    const logger = deps.logger.child({ runId, tenantId, attempt, correlationId });
    if (silentMs <= silenceMs) return;
    await deps.watch.check();
    try {
      const ended = await endRun({ ledger, actor: 'watchdog', signal }, run, async () =>
        (await deps.watch.silentMs(run)) > silenceMs
          ? { kind: 'abort-lost', runId, attempt, attemptLimit: 1 }
          : undefined,
      );
      if (!ended) return;
      logger.warn({ silentMs }, 'run ended: silent producer');
      await deps.liveness.forget(tenantId, runId);
    } catch (error) {
      if (error instanceof LogUnavailableError) throw error;
      skip(run, () =>
        logger.error({ err: error }, 'a producer’s run could not be ended; the others are looked at'),
      );
    }
  }

  async function sendAgainOrEnd(run: ActiveRun, silentMs: number, signal: AbortSignal): Promise<void> {
    const { tenantId, runId, attempt, type, correlationId } = run;
    const logger = deps.logger.child({ runId, tenantId, attempt, correlationId });
    await deps.watch.check();
    try {
      await deps.watch.judge(run, silentMs);
      if (await endRun({ ledger, actor: 'watchdog', signal }, run, (state) => endOfLost(run, state))) {
        logger.warn({ silentMs }, 'run ended: its worker is gone and it may not be taken over again');
        await deps.liveness.forget(tenantId, runId);
        return;
      }
      const sent = await deps.bus.publish(
        { tenantId, type, runId, correlationId },
        { timeoutMs: options.publishTimeoutMs },
      );
      if (sent === 'published') logger.warn({ silentMs }, 'run sent again: its worker is gone');
    } catch (error) {
      if (error instanceof BusUnavailableError || error instanceof LogUnavailableError) throw error;
      skip(run, () =>
        logger.error({ err: error }, 'a lost run could not be carried on; the others are looked at'),
      );
    }
  }

  /**
   * The command that ends a run whose worker is gone, if the run may not be taken over again. The holder must still
   * be silent after the log was read. The silence must be longer when this program can't carry the run out.
   */
  async function endOfLost(
    { tenantId, runId, attempt }: ActiveRun,
    run: RunState,
  ): Promise<OperationCommand | undefined> {
    const definition = definitionFor(deps.operations, run);
    const attemptLimit = definition?.carriedOutBy === 'worker' ? definition.attemptLimit : 1;
    const silentMs = await deps.watch.silentMs({ tenantId, runId, attempt });
    const limitMs = definition
      ? takeoverAfterMs(options.lostAfterMs, definition.carriedOutBy === 'worker' ? definition : undefined)
      : STRANDED_ENDS_AFTER_MS;
    return silentMs > limitMs ? { kind: 'abort-lost', runId, attempt, attemptLimit } : undefined;
  }

  return new Periodic('watchdog', options.everyMs, pass, deps);
}

const keyOf = ({ runId, attempt }: ActiveRun): string => `${runId}#${attempt}`;
