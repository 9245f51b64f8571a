import type { Logger } from 'pino';
import type { Clock } from '../clock.js';
import type { Ledger } from '../ledger/ledger.js';
import { attemptKey } from '../liveness/liveness.js';
import type { WaitingTimes } from '../liveness/waiting-times.js';
import { definitionFor, type OperationCatalogue } from '../operations/registry.js';
import { readOperation } from '../runs/read-operation.js';
import type { RunState } from '../runs/run-state.js';
import { streamOfRun } from '../runs/run-streams.js';
import type { ActiveRun } from './active-runs.js';
import { endRun } from './end-run.js';

/**
 * How long a run waits when this program can't carry it out, because it doesn't know the type or a newer program
 * version queued it, milliseconds. Long enough for a program that can to come back, as in a rolling deployment;
 * after that the run is ended.
 */
export const STRANDED_ENDS_AFTER_MS = 60 * 60_000;
/** Only after this wait is it checked whether this program can carry a run out; most runs never wait so long. */
const CHECK_AFTER_MS = STRANDED_ENDS_AFTER_MS / 2;
/** How often the waiting time is saved; a process that dies loses at most this much of it. */
const SAVE_EVERY_MS = 10_000;

/** Ends runs that waited in the queue longer than their type allows (R10). */
export interface QueueLimits {
  /** Checks one page of this pass's pending runs. Errors: those of the database. */
  checkPage(pending: readonly ActiveRun[], signal: AbortSignal): Promise<void>;
  /** Must be called after all pending runs of a pass were checked. */
  endPass(): void;
}

interface Wait {
  /** The saved waiting time, including that of earlier processes; undefined before it was first saved. */
  savedMs: number | undefined;
  /** Up to when this process's own waiting time is saved, on the monotonic clock. */
  savedUntilMs: number;
  /**
   * The type and version that a program must know to carry the run out; null when this program does, undefined
   * before it was checked.
   */
  needs: string | null | undefined;
  /** When to check a run again after an error, on the monotonic clock. */
  retryAtMs: number;
  /** Whether the run is pending in this pass. */
  isPending: boolean;
}

/**
 * A run's waiting time counts only while a dispatcher looks at it, and it is saved. So neither a restart nor an
 * outage resets it, and no wall clock is needed. Runs that this program can't carry out have their own limit;
 * it restarts whenever another program takes such a run, because the others then only wait for their turn.
 */
export function createQueueLimits(deps: {
  readonly ledger: Ledger;
  readonly operations: OperationCatalogue;
  readonly waits: WaitingTimes;
  readonly clock: Clock;
  readonly logger: Logger;
}): QueueLimits {
  const { ledger, operations, clock } = deps;
  const waits = new Map<string, Wait>();
  /** When a run was last taken, by the type and version that it needed. */
  const takenMs = new Map<string, number>();

  async function checkPage(pending: readonly ActiveRun[], signal: AbortSignal): Promise<void> {
    const nowMs = clock.monotonicMs();
    for (const run of pending) {
      const known = waits.get(attemptKey(run));
      if (known) known.isPending = true;
      else
        waits.set(attemptKey(run), {
          savedMs: undefined,
          savedUntilMs: nowMs,
          needs: undefined,
          retryAtMs: nowMs,
          isPending: true,
        });
    }
    await saveWaits(
      pending.filter((run) => nowMs - waitOf(run).savedUntilMs >= SAVE_EVERY_MS),
      nowMs,
    );
    for (const run of pending) if (!signal.aborted) await endIfOverdue(run, signal);
  }

  async function saveWaits(runs: readonly ActiveRun[], nowMs: number): Promise<void> {
    const added = runs.map((run) => {
      const { tenantId, runId, attempt } = run;
      return { tenantId, runId, attempt, addedMs: nowMs - waitOf(run).savedUntilMs };
    });
    const sums = await deps.waits.add(added);
    for (const run of runs) {
      const wait = waitOf(run);
      wait.savedMs = sums.get(run.runId) ?? wait.savedMs;
      wait.savedUntilMs = nowMs;
    }
  }

  const waitOf = (run: ActiveRun): Wait => {
    const wait = waits.get(attemptKey(run));
    if (!wait) throw new TypeError('the run was not looked at in this pass');
    return wait;
  };

  async function endIfOverdue(run: ActiveRun, signal: AbortSignal): Promise<void> {
    const wait = waitOf(run);
    const { savedMs } = wait;
    const knownLimitMs = operations.get(run.type)?.waitLimitMs ?? Number.POSITIVE_INFINITY;
    const nowMs = clock.monotonicMs();
    if (savedMs === undefined || savedMs < Math.min(knownLimitMs, CHECK_AFTER_MS)) return;
    if (nowMs < wait.retryAtMs) return;
    try {
      if (wait.needs === undefined) wait.needs = await needsOf(run);
      const { needs } = wait;
      const untakenMs =
        needs === null ? savedMs : Math.min(savedMs, nowMs - (takenMs.get(needs) ?? -Infinity));
      const limitMs = needs === null ? knownLimitMs : STRANDED_ENDS_AFTER_MS;
      if (untakenMs >= limitMs && (await end(run, signal))) waits.delete(attemptKey(run));
    } catch (error) {
      const { runId, tenantId, correlationId } = run;
      wait.retryAtMs = nowMs + CHECK_AFTER_MS;
      deps.logger.error(
        { err: error, runId, tenantId, correlationId },
        'a run that waits long could not be checked; going on with the others',
      );
    }
  }

  async function needsOf({ tenantId, runId }: ActiveRun): Promise<string | null> {
    const { run } = await readOperation(ledger, streamOfRun(tenantId, runId));
    return run && isStranded(run) ? `${run.type} ${run.definitionVersion}` : null;
  }

  const isStranded = (run: RunState): boolean => definitionFor(operations, run) === undefined;

  async function end(active: ActiveRun, signal: AbortSignal): Promise<boolean> {
    const { runId, tenantId, attempt, correlationId } = active;
    const ended = await endRun({ ledger, actor: 'dispatcher', signal }, active, (run) => ({
      kind: 'fail-dispatch',
      runId,
      attempt,
      reason: reasonOf(run, operations),
    }));
    if (ended)
      deps.logger.warn({ runId, tenantId, correlationId }, 'run ended: it waited for as long as it may');
    return ended;
  }

  function endPass(): void {
    const stillNeeded = new Set<string>();
    for (const [key, wait] of waits) {
      const needs = wait.needs ?? undefined;
      if (needs !== undefined) stillNeeded.add(needs);
      if (wait.isPending) wait.isPending = false;
      else {
        waits.delete(key);
        if (needs !== undefined) takenMs.set(needs, clock.monotonicMs());
      }
    }
    for (const needs of takenMs.keys()) if (!stillNeeded.has(needs)) takenMs.delete(needs);
  }

  return { checkPage, endPass };
}

function reasonOf(run: RunState, operations: OperationCatalogue): string {
  const definition = definitionFor(operations, run);
  if (!definition)
    return (
      `No program that knows ${run.type} in version ${run.definitionVersion} took the run within ` +
      `${inWords(STRANDED_ENDS_AFTER_MS)}.`
    );
  const who = definition.carriedOutBy === 'producer' ? 'producer' : 'worker';
  return `No ${who} took the run within ${inWords(definition.waitLimitMs)}.`;
}

function inWords(ms: number): string {
  const minutes = Math.max(1, Math.round(ms / 60_000));
  if (minutes <= 120) return `${minutes} ${minutes === 1 ? 'minute' : 'minutes'}`;
  return `${Math.round(minutes / 60)} hours`;
}
