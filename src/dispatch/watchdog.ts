import type { Logger } from 'pino';
import { BusUnavailableError, type CommandBus } from '../bus/command-bus.js';
import type { Clock } from '../clock.js';
import { LogUnavailableError } from '../ledger/event-log.js';
import type { Ledger } from '../ledger/ledger.js';
import type { Lease } from '../liveness/lease.js';
import type { LifeWatch } from '../liveness/life-watch.js';
import { attemptKey, type Liveness } from '../liveness/liveness.js';
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
 * Notices runs whose worker is gone (R8).
 *
 * - It sends their command again, so that another worker takes them over.
 * - It ends them when they have reached their attempt limit, or when no program has carried them out for too long
 *   (`queue-limits.ts`). A run of an outside producer ends when the producer falls silent.
 * - A run that can't be checked is logged and skipped, so that it doesn't hold up the others.
 * - Every process may have a watchdog; the lease lets only one of them work.
 *
 * It finds the runs in a read model that lags behind the log, so it reads the log before it ends a run.
 */
export function createWatchdog(deps: WatchdogDependencies, options: WatchdogOptions): Periodic {
  const { ledger } = deps;
  /** Attempts that had to be skipped in this pass and in the one before; each is logged only once. */
  let skipped = new Set<string>();
  let skippedBefore = new Set<string>();

  function skip(run: ActiveRun, logSkip: () => void): void {
    const key = attemptKey(run);
    skipped.add(key);
    if (!skippedBefore.has(key)) logSkip();
  }

  async function pass(signal: AbortSignal): Promise<void> {
    if (!(await deps.lease.hold()) || !(await deps.runs.known())) return;
    skippedBefore = skipped;
    skipped = new Set();
    const postponed: (readonly [ActiveRun, number])[] = [];
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
        if (skippedBefore.has(attemptKey(run))) postponed.push([run, silentMs]);
        else await checkRun(run, silentMs, signal);
      }
    }
    for (const [run, silentMs] of postponed) if (!signal.aborted) await checkRun(run, silentMs, signal);
    deps.watch.endPass();
  }

  async function checkRun(run: ActiveRun, silentMs: number, signal: AbortSignal): Promise<void> {
    const verdict = verdictOn(deps.operations.get(run.type), silentMs, options.lostAfterMs);
    if (verdict === 'alive') return;
    const { runId, tenantId, attempt, correlationId } = run;
    const logger = deps.logger.child({ runId, tenantId, attempt, correlationId });
    await deps.watch.check();
    try {
      if (verdict === 'worker-gone') await deps.watch.recordSilence(run, silentMs);
      if (await endRun({ ledger, actor: 'watchdog', signal }, run, (state) => endingOf(run, state))) {
        logger.warn({ silentMs }, ENDED[verdict]);
        await deps.liveness.forget(tenantId, runId);
      } else if (verdict === 'worker-gone') await sendAgain(run, silentMs, logger);
    } catch (error) {
      if (error instanceof BusUnavailableError || error instanceof LogUnavailableError) throw error;
      skip(run, () => logger.error({ err: error }, NOT_HANDLED[verdict]));
    }
  }

  async function sendAgain(run: ActiveRun, silentMs: number, logger: Logger): Promise<void> {
    const { tenantId, runId, type, correlationId } = run;
    const command = { tenantId, type, runId, correlationId };
    const sent = await deps.bus.publish(command, { timeoutMs: options.publishTimeoutMs });
    if (sent === 'published') logger.warn({ silentMs }, 'run sent again: its worker is gone');
  }

  /**
   * The command that ends a run whose holder is gone, or undefined if the run may be taken over again. The holder must
   * still be silent after the log was read.
   */
  async function endingOf(
    { tenantId, runId, attempt }: ActiveRun,
    run: RunState,
  ): Promise<OperationCommand | undefined> {
    const ofType = deps.operations.get(run.type);
    const definition = ofType?.carriedOutBy === 'producer' ? ofType : definitionFor(deps.operations, run);
    const silentMs = await deps.watch.silentMs({ tenantId, runId, attempt });
    return silentMs > endsAfterMs(definition, options.lostAfterMs)
      ? { kind: 'abort-lost', runId, attempt, attemptLimit: attemptLimitOf(definition) }
      : undefined;
  }

  return new Periodic('watchdog', options.everyMs, pass, deps);
}

/** The meaning of the silence of a run's holder. */
type Verdict =
  /** The silence is short enough. */
  | 'alive'
  /** Another worker may take the run over. */
  | 'worker-gone'
  /** Nobody can take over a producer's run, so it ends. */
  | 'producer-gone';

const ENDED = {
  'worker-gone': 'run ended: its worker is gone and it may not be taken over again',
  'producer-gone': 'run ended: silent producer',
} as const;
const NOT_HANDLED = {
  'worker-gone': 'a lost run could not be sent again; going on with the others',
  'producer-gone': 'a producer’s run could not be ended; going on with the others',
} as const;

type AnyDefinition = ReturnType<OperationCatalogue['get']>;

/** Decides by the type that the projection has; `definition` is undefined for a type that this program doesn't have. */
function verdictOn(definition: AnyDefinition, silentMs: number, lostAfterMs: number): Verdict {
  if (definition?.carriedOutBy === 'producer')
    return silentMs > definition.silenceMs ? 'producer-gone' : 'alive';
  return silentMs > takeoverAfterMs(lostAfterMs, definition) ? 'worker-gone' : 'alive';
}

/** The silence after which a run may be ended. It is longer when this program can't carry the run out. */
function endsAfterMs(definition: AnyDefinition, lostAfterMs: number): number {
  if (!definition) return STRANDED_ENDS_AFTER_MS;
  return definition.carriedOutBy === 'producer'
    ? definition.silenceMs
    : takeoverAfterMs(lostAfterMs, definition);
}

/** No worker can take over a producer's run, nor one that this program can't carry out. */
const attemptLimitOf = (definition: AnyDefinition): number =>
  definition?.carriedOutBy === 'worker' ? definition.attemptLimit : 1;
