import type { Logger } from 'pino';
import type { Clock } from '../clock.js';
import type { Ledger } from '../ledger/ledger.js';
import { streamOfRun } from '../ledger/streams.js';
import { definitionFor, type OperationCatalogue } from '../operations/registry.js';
import { readOperation } from '../runs/read-operation.js';
import type { RunState } from '../runs/run-state.js';
import type { ActiveRun } from './active-runs.js';
import { endRun } from './end-run.js';

/**
 * How long a run is left to others that this program can't carry out, because it doesn't know the type or a newer
 * version of the program queued it, milliseconds. Long enough for a program that can to come back, as in a rolling
 * deployment; after that the run ends.
 */
export const STRANDED_ENDS_AFTER_MS = 60 * 60_000;
/** Waiting after which it is asked whether a run is stranded: most runs never wait so long. */
const LOOK_AFTER_MS = STRANDED_ENDS_AFTER_MS / 2;

/** Pending runs that nobody comes for. */
export interface StrandedRuns {
  /** Looks at a run that has been pending since `sinceMs` (monotonic), and ends it when nobody came for it. */
  lookAt(run: ActiveRun, sinceMs: number): Promise<void>;
  /** Told after every pending run was looked at. */
  passed(): void;
}

interface Look {
  /** What the program that can carry the run out must know: type and version. Undefined where this one does. */
  readonly needs: string | undefined;
  /** When to look anew, on the monotonic clock. */
  readonly againMs: number;
  /** Whether the run is still among the pending ones of this pass. */
  present: boolean;
}

/**
 * Ends as `dispatch_failed` what this program can't carry out and no other takes. That another program takes such
 * runs shows by their leaving the queue: while they do, those behind them are only waiting for their turn.
 */
export function createStrandedRuns(deps: {
  readonly ledger: Ledger;
  readonly operations: OperationCatalogue;
  readonly clock: Clock;
  readonly logger: Logger;
}): StrandedRuns {
  const { ledger, operations, clock } = deps;
  const looks = new Map<string, Look>();
  /** When a run was last taken, by what it needed. */
  const takenMs = new Map<string, number>();

  async function lookAt(run: ActiveRun, sinceMs: number): Promise<void> {
    const nowMs = clock.monotonicMs();
    if (nowMs - sinceMs < LOOK_AFTER_MS) return;
    const key = `${run.runId}#${run.attempt}`;
    try {
      const known = looks.get(key);
      const look = known && nowMs < known.againMs ? known : await lookInto(run);
      look.present = true;
      looks.set(key, look);
      if (look.needs === undefined) return;
      const leftSinceMs = Math.max(sinceMs, takenMs.get(look.needs) ?? sinceMs);
      if (nowMs - leftSinceMs >= STRANDED_ENDS_AFTER_MS && (await end(run))) looks.delete(key);
    } catch (error) {
      looks.set(key, { needs: undefined, againMs: nowMs + LOOK_AFTER_MS, present: true });
      const { runId, tenantId, correlationId } = run;
      deps.logger.error(
        { err: error, runId, tenantId, correlationId },
        'a run that waits long could not be looked at; the others are',
      );
    }
  }

  async function lookInto({ tenantId, runId }: ActiveRun): Promise<Look> {
    const { run } = await readOperation(ledger, streamOfRun(tenantId, runId));
    const needs = run && isStranded(run) ? `${run.type} ${run.definitionVersion}` : undefined;
    return { needs, againMs: Number.POSITIVE_INFINITY, present: true };
  }

  const isStranded = (run: RunState): boolean => definitionFor(operations, run) === undefined;

  async function end(active: ActiveRun): Promise<boolean> {
    const { runId, tenantId, attempt, correlationId } = active;
    const ended = await endRun({ ledger, actor: 'dispatcher' }, active, (run) =>
      isStranded(run) ? { kind: 'fail-dispatch', runId, attempt, reason: reasonOf(run) } : undefined,
    );
    if (ended)
      deps.logger.warn(
        { runId, tenantId, correlationId },
        'run ended: no program that can carry it out took it',
      );
    return ended;
  }

  function passed(): void {
    const waitedFor = new Set<string>();
    for (const [key, look] of looks) {
      if (look.needs !== undefined) waitedFor.add(look.needs);
      if (look.present) look.present = false;
      else {
        looks.delete(key);
        if (look.needs !== undefined) takenMs.set(look.needs, clock.monotonicMs());
      }
    }
    for (const needs of takenMs.keys()) if (!waitedFor.has(needs)) takenMs.delete(needs);
  }

  return { lookAt, passed };
}

function reasonOf({ type, definitionVersion }: RunState): string {
  const minutes = STRANDED_ENDS_AFTER_MS / 60_000;
  return `No program that knows ${type} in version ${definitionVersion} took the run within ${minutes} minutes.`;
}
