import type { RunCommand } from '../bus/command-bus.js';
import { appendDecided, type ProposedAppend } from '../ledger/append-decided.js';
import type { Ledger } from '../ledger/ledger.js';
import { forgetSigns, type SignsDependencies } from '../liveness/signs-of-life.js';
import type { OperationDefinition } from '../operations/define.js';
import { definitionFor, type OperationRegistry } from '../operations/registry.js';
import { takeoverAfterMs } from '../operations/takeover-after.js';
import { decide } from '../runs/decider.js';
import { readOperation } from '../runs/read-operation.js';
import { contextOf, evolve, isActive, type OperationState } from '../runs/run-state.js';
import { streamOfRun } from '../runs/run-streams.js';
import type { StartedRuns } from '../starting/started-runs.js';

export interface ClaimDependencies extends SignsDependencies {
  readonly ledger: Ledger;
  readonly operations: OperationRegistry;
  /** Runs that this process started itself. */
  readonly startedRuns?: StartedRuns | undefined;
}

/** The result of trying to claim a run. */
export type ClaimResult =
  | {
      readonly kind: 'claimed';
      readonly state: OperationState;
      readonly definition: OperationDefinition;
      /** When the claim was sent, on the monotonic clock. */
      readonly claimedMs: number;
    }
  | NotClaimed;

type NotClaimed =
  /** The run has ended, or another worker was faster. */
  | { readonly kind: 'over' }
  /** This program can't carry the run out; another one must, perhaps a newer version. */
  | { readonly kind: 'not-ours' }
  /** A worker that is alive holds the run; look again after `forMs`. */
  | { readonly kind: 'held'; readonly forMs: number };

/**
 * Claims the run that a command names. It appends at the run's known revision, so that the log decides who owns the
 * run. Errors: those of the ledger and of the signs of life.
 */
export async function claimRun(
  deps: ClaimDependencies,
  {
    worker,
    lostAfterMs,
    signal,
  }: { readonly worker: string; readonly lostAfterMs: number; readonly signal: AbortSignal },
  command: RunCommand,
  start: number,
): Promise<ClaimResult> {
  const { ledger, operations, clock, startedRuns } = deps;
  const { tenantId, runId } = command;
  const stream = streamOfRun(tenantId, runId);
  let claimedMs = 0;
  const claim = await appendDecided<OperationState, NotClaimed>(ledger, stream, {
    known: startedRuns?.take(stream, runId),
    read: () => readOperation(ledger, stream, start),
    decide: async (state) => {
      const proposal = await propose(state);
      claimedMs = clock.monotonicMs();
      return proposal;
    },
    options: { signal },
  });
  if ('answer' in claim) return claim.answer;
  const state = claim.appended.events.reduce(evolve, claim.before);
  const definition = state.run && definitionFor(operations, state.run);
  if (definition && isActive(state.run)) return { kind: 'claimed', state, definition, claimedMs };
  // The run had reached its attempt limit, so the append ended it.
  await forgetSigns(deps, command);
  return { kind: 'over' };

  async function propose({
    run,
    head,
  }: OperationState): Promise<ProposedAppend | { readonly answer: NotClaimed }> {
    if (run?.runId !== runId || !isActive(run)) return { answer: { kind: 'over' } };
    // Anybody on the bus can forge a command, so the run's type and version are read from the log.
    const known = definitionFor(operations, run);
    if (!known) return { answer: { kind: 'not-ours' } };
    const { attempt, lifecycle } = run;
    const limitMs = takeoverAfterMs(lostAfterMs, known);
    const holderLost =
      lifecycle === 'running' && (await deps.liveness.notedSilenceMs({ tenantId, runId, attempt })) > limitMs;
    if (lifecycle === 'running' && !holderLost) return { answer: { kind: 'held', forMs: limitMs } };
    const { attemptLimit } = known;
    const decision = decide({ run, head }, { kind: 'claim', runId, worker, attemptLimit, holderLost });
    if (decision.kind !== 'append') return { answer: { kind: 'over' } };
    const { events } = decision;
    const begins = events.some(({ type }) => type === 'RunStarted');
    const actor = { kind: 'worker', id: worker } as const;
    const context = contextOf(run, { tenantId, attempt: begins ? attempt + 1 : attempt, actor });
    return { events, context };
  }
}
