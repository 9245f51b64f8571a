import type { Ledger } from '../../src/ledger/ledger.js';
import { decide } from '../../src/runs/decider.js';
import { readOperation } from '../../src/runs/read-operation.js';
import { streamOfRun } from '../../src/runs/run-streams.js';

/**
 * Claims a run and completes it, as a worker that has nothing to do would. Resolves with whether it could; a run that
 * another process has ended stays as it is.
 */
export async function endRun(ledger: Ledger, tenantId: string, runId: string): Promise<boolean> {
  const stream = streamOfRun(tenantId, runId);
  for (const command of [
    { kind: 'claim', runId, worker: 'w', attemptLimit: 3, holderLost: true },
    { kind: 'complete', claim: { runId, attempt: 1 }, summary: 'Done', related: [] },
  ] as const) {
    const state = await readOperation(ledger, stream);
    const decision = decide(state, command);
    if (decision.kind !== 'append') return false;
    await ledger.append(stream, state.head, decision.events, {
      tenantId,
      runId,
      runStart: state.run?.start,
      actor: { kind: 'worker', id: 'w' },
      correlationId: 'c',
      causationId: 'c',
    });
  }
  return true;
}
