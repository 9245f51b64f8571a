import type { Logger } from 'pino';
import { BusUnavailableError, type CommandBus } from '../bus/command-bus.js';
import type { Clock } from '../clock.js';
import { LogUnavailableError } from '../ledger/event-log.js';
import type { Ledger } from '../ledger/ledger.js';
import type { LifeWatch } from '../liveness/life-watch.js';
import type { Liveness } from '../liveness/liveness.js';
import type { ExternalOperation } from '../operations/define-external.js';
import { definitionFor, type OperationCatalogue } from '../operations/registry.js';
import { takeoverAfterMs } from '../operations/takeover-after.js';
import type { OperationCommand } from '../runs/decider.js';
import type { RunState } from '../runs/run-state.js';
import { Periodic } from '../timing/periodic.js';
import { type ActiveRun, type ActiveRuns, losableRuns } from './active-runs.js';
import { endRun } from './end-run.js';
import { STRANDED_ENDS_AFTER_MS } from './stranded-runs.js';

export interface WatchdogOptions {
  readonly everyMs: number;
  readonly publishTimeoutMs: number;
  /** Silence after which a worker counts as gone, milliseconds. */
  readonly lostAfterMs: number;
}

interface WatchdogDependencies {
  readonly runs: Pick<ActiveRuns, 'losablePage'>;
  readonly ledger: Ledger;
  readonly bus: CommandBus;
  readonly operations: OperationCatalogue;
  readonly liveness: Liveness;
  readonly watch: LifeWatch;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * Notices runs whose worker is gone (R8): sends their command again so that a worker takes them over, or ends
 * them when they were taken over as often as they may, or when nobody here can carry them out (`stranded-runs.ts`).
 * A run of a producer outside ends when the producer falls silent, or when none takes it. A run that can't be looked
 * at is logged and passed over, so that it keeps nobody else waiting.
 */
export function createWatchdog(deps: WatchdogDependencies, options: WatchdogOptions): Periodic {
  const { ledger } = deps;
  /** Starts of runs that this pass and the one before had to pass over: each is complained of once. */
  let stuck = new Set<string>();
  let stuckBefore = new Set<string>();

  function passOver({ runId, attempt }: ActiveRun, complain: () => void): void {
    const key = `${runId}#${attempt}`;
    stuck.add(key);
    if (!stuckBefore.has(key)) complain();
  }

  async function pass(signal: AbortSignal): Promise<void> {
    stuckBefore = stuck;
    stuck = new Set();
    const outside = [...deps.operations.values()].filter(({ carriedOutBy }) => carriedOutBy === 'producer');
    const waitingOf = outside.map(({ type }) => type);
    await deps.watch.check();
    for await (const runs of losableRuns(deps.runs, waitingOf)) {
      // A pass over many runs takes longer than a limit: it would mistake itself for a frozen one.
      await deps.watch.check();
      const silences = await deps.watch.silencesMs(runs);
      for (const [index, run] of runs.entries()) {
        if (signal.aborted) return;
        await lookAt(run, silences[index] ?? 0);
      }
    }
    deps.watch.endPass();
  }

  async function lookAt(run: ActiveRun, silentMs: number): Promise<void> {
    const definition = deps.operations.get(run.type);
    if (definition?.carriedOutBy === 'producer') await endIfAbandoned(run, definition, silentMs);
    else if (silentMs > takeoverAfterMs(options.lostAfterMs, definition)) await carryOn(run, silentMs);
  }

  /** Nobody of ours can take such a run over: it ends, with a reason, and may be started again. */
  async function endIfAbandoned(run: ActiveRun, definition: ExternalOperation, silentMs: number) {
    const { runId, tenantId, attempt, correlationId } = run;
    const logger = deps.logger.child({ runId, tenantId, attempt, correlationId });
    const isWaiting = run.state === 'pending';
    const limitMs = isWaiting ? definition.waitLimitMs : definition.silenceMs;
    if (silentMs <= limitMs) return;
    await deps.watch.check();
    const ending: OperationCommand = isWaiting
      ? { kind: 'fail-dispatch', runId, attempt, reason: unclaimed(definition) }
      : { kind: 'abort-lost', runId, attempt, attemptLimit: 1 };
    try {
      const ended = await endRun({ ledger, actor: 'watchdog' }, run, async () =>
        (await deps.watch.silentMs(run)) > limitMs ? ending : undefined,
      );
      if (!ended) return;
      logger.warn({ silentMs }, isWaiting ? 'run ended: no producer took it' : 'run ended: silent producer');
      await deps.liveness.forget(tenantId, runId);
    } catch (error) {
      if (error instanceof LogUnavailableError) throw error;
      passOver(run, () =>
        logger.error({ err: error }, 'a producer’s run could not be ended; the others are looked at'),
      );
    }
  }

  async function carryOn(run: ActiveRun, silentMs: number): Promise<void> {
    const { tenantId, runId, attempt, type, correlationId } = run;
    const logger = deps.logger.child({ runId, tenantId, attempt, correlationId });
    await deps.watch.check();
    try {
      if (await endRun({ ledger, actor: 'watchdog' }, run, (state) => endOfLost(run, state))) {
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
      passOver(run, () =>
        logger.error({ err: error }, 'a lost run could not be carried on; the others are looked at'),
      );
    }
  }

  /**
   * The end of a run whose worker is gone, where it may not be taken over again. Its holder must still be silent after
   * the log was read, and for longer where others than this program would have to carry it on.
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

function unclaimed({ waitLimitMs }: ExternalOperation): string {
  const minutes = Math.max(1, Math.round(waitLimitMs / 60_000));
  return `No producer took the run within ${minutes} ${minutes === 1 ? 'minute' : 'minutes'}.`;
}
