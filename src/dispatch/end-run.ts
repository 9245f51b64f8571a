import { appendDecided } from '../ledger/append-decided.js';
import type { Ledger } from '../ledger/ledger.js';
import { decide, type OperationCommand } from '../runs/decider.js';
import { readOperation } from '../runs/read-operation.js';
import { contextOf, isActive, type OperationState, type RunState } from '../runs/run-state.js';
import { streamOfRun } from '../runs/run-streams.js';
import type { ActiveRun } from './active-runs.js';

/** How long an append without an answer may hold up the other runs, milliseconds. The next pass tries again. */
const SETTLE_WITHIN_MS = 2_000;

/**
 * Ends a run that the projection shows as active, if the log's state allows it. `ending` gets the run's state from
 * the log and returns the command that ends it, or undefined when it must not end. Returns whether it was ended.
 * Errors: those of `ending` and of the ledger.
 */
export async function endRun(
  deps: { readonly ledger: Ledger; readonly actor: 'dispatcher' | 'watchdog'; readonly signal: AbortSignal },
  { tenantId, runId, attempt }: ActiveRun,
  ending: (run: RunState) => OperationCommand | undefined | Promise<OperationCommand | undefined>,
): Promise<boolean> {
  const stream = streamOfRun(tenantId, runId);
  const actor = { kind: 'system', id: deps.actor } as const;
  const ended = await appendDecided<OperationState, 'not to be ended'>(deps.ledger, stream, {
    read: () => readOperation(deps.ledger, stream),
    async decide(state) {
      const { run } = state;
      if (run?.runId !== runId || !isActive(run)) return { answer: 'not to be ended' };
      const command = await ending(run);
      if (!command) return { answer: 'not to be ended' };
      const decision = decide(state, command);
      if (decision.kind !== 'append') return { answer: 'not to be ended' };
      return { events: decision.events, context: contextOf(run, { tenantId, attempt, actor }) };
    },
    options: { settleWithinMs: SETTLE_WITHIN_MS, signal: deps.signal },
  });
  return 'appended' in ended;
}
