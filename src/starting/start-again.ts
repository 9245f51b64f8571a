import { queuedEvent, readForStart } from '../runs/read-operation.js';
import { explained } from '../runs/reason-codes.js';
import { isActive } from '../runs/run-state.js';
import { type RunStart, type StartDependencies, type StartResult, startRun } from './start-run.js';

export interface StartAgainRequest extends Omit<RunStart, 'type' | 'input' | 'causedBy'> {
  /** The run to start again; it must have ended. */
  readonly runId: string;
  /** An edited input, used instead of the run's own. */
  readonly input?: unknown;
}

/**
 * Starts a new run with the input of an ended one, or with an edited input; the ended run is recorded as its cause
 * (R9). It needs the same capability as any start with that input. Refusals are values; errors are those of
 * `startRun`.
 */
export async function startAgain(deps: StartDependencies, request: StartAgainRequest): Promise<StartResult> {
  const { runId, input, ...rest } = request;
  const queued = await queuedEvent(deps.ledger, request.tenantId, runId);
  if (!queued) return refused('unknown_cause');
  const newest = await readForStart(deps.ledger, queued.stream);
  if (newest.run?.runId === runId && isActive(newest.run)) return { ...refused('run_not_ended'), runId };
  const given = input ?? queued.data.input;
  if (given === null) return refused('input_not_kept');
  return startRun(deps, {
    ...rest,
    type: queued.data.type,
    input: given,
    causedBy: { runId, relation: 'started_again' },
  });
}

const refused = (code: 'unknown_cause' | 'run_not_ended' | 'input_not_kept') =>
  ({ kind: 'refused', code, message: explained(code) }) as const;
