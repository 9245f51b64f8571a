import type { ClientParts } from '../client/graph-call.js';
import type { BudgetedCall } from '../client/request.js';
import { failed } from './assemble-policy.js';

const SPENT = Symbol('spent');

/**
 * Does work within the time limit for reading one policy; waits for Graph's limits don't count. Errors: GraphError
 * `item_budget_exceeded`; those of the work.
 */
export async function withinPolicyTime<Result>(
  parts: ClientParts,
  call: BudgetedCall,
  path: string,
  work: (call: BudgetedCall) => Promise<Result>,
): Promise<Result> {
  const { clock } = parts.options;
  const spent = new AbortController();
  const finished = new AbortController();
  let waitedMs = 0;
  const measured = async (): Promise<void> => {
    for (let leftMs = parts.limits.policyTimeMs; leftMs > 0; ) {
      await clock.sleep(leftMs, finished.signal);
      if (finished.signal.aborted) return;
      leftMs = waitedMs;
      waitedMs = 0;
    }
    spent.abort(SPENT);
  };
  void measured();
  const signals = call.signal ? [call.signal, spent.signal] : [spent.signal];
  const onPause = (ms: number) => {
    waitedMs += ms;
    call.onPause?.(ms);
  };
  try {
    return await work({ ...call, signal: AbortSignal.any(signals), onPause });
  } catch (error) {
    throw error === SPENT ? failed('too_slow', path) : error;
  } finally {
    finished.abort();
  }
}
