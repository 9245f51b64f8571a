import type { Logger } from 'pino';
import { BusUnavailableError, type CommandBus } from '../bus/command-bus.js';
import type { Clock } from '../clock.js';
import { appendDecided } from '../ledger/append-decided.js';
import { LogUnavailableError } from '../ledger/event-log.js';
import type { Ledger } from '../ledger/ledger.js';
import { streamOfRun } from '../ledger/streams.js';
import type { OperationDefinition } from '../operations/define.js';
import type { ExternalOperation } from '../operations/define-external.js';
import type { OperationCatalogue } from '../operations/registry.js';
import { decide, type RunCommand } from '../runs/decider.js';
import { readOperation } from '../runs/read-operation.js';
import { contextOf, runOf } from '../runs/run-state.js';
import type { LifeWatch } from '../worker/life-watch.js';
import type { Liveness } from '../worker/liveness.js';
import { type ActiveRun, type ActiveRuns, losableRuns } from './active-runs.js';
import { Periodic } from './periodic.js';

export interface WatchdogOptions {
  readonly everyMs: number;
  readonly publishTimeoutMs: number;
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
 * Silence after which a run ends whose type nobody here knows any more, milliseconds: long enough for a program that
 * knows it to come back, as in a rolling deployment.
 */
const UNKNOWN_TYPE_ENDS_AFTER_MS = 60 * 60_000;

/**
 * Notices runs whose worker is gone (R8): sends their command again so that a worker takes them over, or ends
 * them when they were taken over as often as they may. A run of a producer outside ends when the producer falls
 * silent, or when none takes it. A run that can't be looked at is logged and passed over, so that it keeps nobody
 * else waiting.
 */
export function createWatchdog(deps: WatchdogDependencies, options: WatchdogOptions): Periodic {
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
    deps.watch.passed();
  }

  async function lookAt(run: ActiveRun, silentMs: number): Promise<void> {
    const definition = deps.operations.get(run.type);
    if (definition?.carriedOutBy === 'producer') await endIfAbandoned(run, definition, silentMs);
    else if (deps.watch.isLost(silentMs)) await carryOn(run, definition, silentMs);
  }

  /** Nobody of ours can take such a run over: it ends, with a reason, and may be started again. */
  async function endIfAbandoned(run: ActiveRun, definition: ExternalOperation, silentMs: number) {
    const { runId, tenantId, attempt, correlationId } = run;
    const logger = deps.logger.child({ runId, tenantId, attempt, correlationId });
    const isWaiting = run.state === 'pending';
    const limitMs = isWaiting ? definition.claimWithinMs : definition.silenceMs;
    const isOver = (forMs: number) => forMs > limitMs;
    if (!isOver(silentMs)) return;
    await deps.watch.check();
    try {
      const ended = isWaiting
        ? await end(run, { kind: 'fail-dispatch', runId, reason: unclaimed(definition) }, isOver)
        : await end(run, { kind: 'abort-lost', runId, attempt, attemptLimit: 1 }, isOver);
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

  async function carryOn(
    run: ActiveRun,
    definition: OperationDefinition | undefined,
    silentMs: number,
  ): Promise<void> {
    const { tenantId, runId, attempt, type, correlationId } = run;
    const logger = deps.logger.child({ runId, tenantId, attempt, correlationId });
    await deps.watch.check();
    try {
      const attemptLimit = definition?.attemptLimit ?? 1;
      const isOver = definition
        ? deps.watch.isLost
        : (forMs: number) => deps.watch.isLost(forMs) && forMs > UNKNOWN_TYPE_ENDS_AFTER_MS;
      if (
        isOver(silentMs) &&
        (await end(run, { kind: 'abort-lost', runId, attempt, attemptLimit }, isOver))
      ) {
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
   * Ends the run if the log, not only the projection, says that it may be, and its holder is still silent after
   * that was read; answers whether it did.
   */
  async function end(
    run: ActiveRun,
    command: RunCommand,
    isOver: (silentMs: number) => boolean,
  ): Promise<boolean> {
    const { tenantId, runId, attempt } = run;
    const stream = streamOfRun(tenantId, runId);
    const ended = await appendDecided(deps.ledger, stream, {
      read: () => readOperation(deps.ledger, stream),
      async decide(state) {
        const decision = decide(state, command);
        if (decision.kind !== 'append') return { answer: false };
        if (!isOver(await deps.watch.silentMs(run))) return { answer: false };
        const actor = { kind: 'system', id: 'watchdog' } as const;
        return { events: decision.events, context: contextOf(runOf(state), { tenantId, attempt, actor }) };
      },
    });
    return 'appended' in ended;
  }

  return new Periodic('watchdog', options.everyMs, pass, deps);
}

function unclaimed({ claimWithinMs }: ExternalOperation): string {
  const minutes = Math.max(1, Math.round(claimWithinMs / 60_000));
  return `No producer took the run within ${minutes} ${minutes === 1 ? 'minute' : 'minutes'}.`;
}
