import type { Logger } from 'pino';
import { BusUnavailableError, type CommandBus } from '../bus/command-bus.js';
import type { Clock } from '../clock.js';
import { LogUnavailableError, RevisionConflictError } from '../ledger/event-log.js';
import type { Ledger } from '../ledger/ledger.js';
import { streamOfRun } from '../ledger/streams.js';
import type { OperationRegistry } from '../operations/registry.js';
import { decide } from '../runs/decider.js';
import { readOperation } from '../runs/read-operation.js';
import type { LifeWatch } from '../worker/life-watch.js';
import type { Liveness } from '../worker/liveness.js';
import { type ActiveRun, type ActiveRuns, everyActiveRun } from './active-runs.js';
import { Periodic } from './periodic.js';

export interface WatchdogOptions {
  readonly everyMs: number;
  readonly publishTimeoutMs: number;
}

interface WatchdogDependencies {
  readonly runs: ActiveRuns;
  readonly ledger: Ledger;
  readonly bus: CommandBus;
  readonly operations: OperationRegistry;
  readonly liveness: Liveness;
  readonly watch: LifeWatch;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * Notices runs whose worker is gone (R8): sends their command again so that a worker takes them over, or ends
 * them when they were taken over as often as they may. A run that can't be looked at is logged and passed over,
 * so that it keeps nobody else waiting.
 */
export function createWatchdog(deps: WatchdogDependencies, options: WatchdogOptions): Periodic {
  async function pass(signal: AbortSignal): Promise<void> {
    await deps.watch.check();
    for await (const run of everyActiveRun(deps.runs)) {
      if (signal.aborted) return;
      if (run.state !== 'running') continue;
      const silentMs = await deps.watch.silentMs(run);
      if (deps.watch.isLost(silentMs)) await carryOn(run, silentMs);
    }
  }

  async function carryOn(run: ActiveRun, silentMs: number): Promise<void> {
    const { tenantId, runId, attempt, type, correlationId } = run;
    const logger = deps.logger.child({ runId, tenantId, attempt, correlationId });
    try {
      if (await abortIfSpent(run)) {
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
      logger.error({ err: error }, 'a lost run could not be carried on; the others are looked at');
    }
  }

  /** Ends the run when its attempts are spent; what the projection said is checked from the log. */
  async function abortIfSpent(run: ActiveRun): Promise<boolean> {
    const definition = deps.operations.get(run.type);
    if (!definition) return false;
    const stream = streamOfRun(run.tenantId, run.runId);
    const state = await readOperation(deps.ledger, stream);
    const decision = decide(state, {
      kind: 'abort-lost',
      runId: run.runId,
      attempt: run.attempt,
      attemptLimit: definition.attemptLimit,
    });
    if (decision.kind !== 'append' || !state.run) return false;
    try {
      await deps.ledger.append(stream, state.head, decision.events, {
        tenantId: run.tenantId,
        runId: run.runId,
        runStart: state.run.start,
        attempt: run.attempt,
        actor: { kind: 'system', id: 'watchdog' },
        correlationId: run.correlationId,
        causationId: state.run.queuedEventId,
      });
      return true;
    } catch (error) {
      if (error instanceof RevisionConflictError) return false;
      throw error;
    }
  }

  return new Periodic('watchdog', options.everyMs, pass, deps);
}
