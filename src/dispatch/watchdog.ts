import type { Logger } from 'pino';
import type { CommandBus } from '../bus/command-bus.js';
import type { Clock } from '../clock.js';
import { RevisionConflictError } from '../ledger/event-log.js';
import type { Ledger } from '../ledger/ledger.js';
import { streamOfRun } from '../ledger/streams.js';
import type { OperationRegistry } from '../operations/registry.js';
import { decide } from '../runs/decider.js';
import { readOperation } from '../runs/read-operation.js';
import type { Liveness } from '../worker/liveness.js';
import { type ActiveRun, type ActiveRuns, everyActiveRun } from './active-runs.js';
import { Periodic } from './periodic.js';

export interface WatchdogOptions {
  readonly everyMs: number;
  /** Age of the last sign of life after which a run's worker counts as gone. */
  readonly lostAfterMs: number;
  readonly publishTimeoutMs: number;
}

interface WatchdogDependencies {
  readonly runs: ActiveRuns;
  readonly ledger: Ledger;
  readonly bus: CommandBus;
  readonly operations: OperationRegistry;
  readonly liveness: Liveness;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * Notices runs whose worker is gone (R8): sends their command again so that a worker takes them over, or ends
 * them when they were taken over as often as they may. Acts only after signs of life could be written for one
 * whole limit, so that an outage of the database isn't mistaken for the death of every worker.
 */
export function createWatchdog(deps: WatchdogDependencies, options: WatchdogOptions): Periodic {
  let writableSince: number | undefined;

  async function pass(signal: AbortSignal): Promise<void> {
    try {
      await deps.liveness.probe();
    } catch (error) {
      writableSince = undefined;
      throw error;
    }
    const now = deps.clock.monotonicMs();
    writableSince ??= now;
    if (now - writableSince < options.lostAfterMs) return;
    for await (const run of everyActiveRun(deps.runs)) {
      if (signal.aborted) return;
      if (run.state === 'running') await look(run);
    }
  }

  async function look(run: ActiveRun): Promise<void> {
    const { tenantId, runId, attempt, type, correlationId } = run;
    const ageMs = await deps.liveness.ageMs({ tenantId, runId, attempt, worker: run.worker ?? '' });
    if (ageMs <= options.lostAfterMs) return;
    const logger = deps.logger.child({ runId, tenantId, attempt, correlationId });
    if (await abortIfSpent(run)) {
      logger.warn({ ageMs }, 'run ended: its worker is gone and it may not be taken over again');
      return;
    }
    const sent = await deps.bus.publish(
      { tenantId, type, runId, correlationId },
      { timeoutMs: options.publishTimeoutMs },
    );
    if (sent === 'published') logger.warn({ ageMs }, 'run sent again: its worker is gone');
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
