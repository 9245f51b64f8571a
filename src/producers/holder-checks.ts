import { isActive, type OperationState, type RunState } from '../runs/run-state.js';
import type { ProducerRefusalCode } from './producer-refusals.js';
import type { ProducerReport } from './reports.js';

/** The most items and events of one run; a producer that writes more is faulty. */
const RUN_ITEMS_MAX = 100_000;
const RUN_EVENTS_MAX = 20_000;

/** The name shown with the run. It contains the client's id, so that no other client can act as this producer. */
export const holderName = (producer: string, clientId: string): string => producer + holderEnd(clientId);

/** The end of the name of every worker that belongs to an API client. */
export const holderEnd = (clientId: string): string => `@${clientId}`;

/** Why a client doesn't hold an attempt of a run; undefined if it does. */
export function whyNotHeld(
  run: RunState,
  clientId: string,
  attempt: number,
): ProducerRefusalCode | undefined {
  // A run that ended before anybody claimed it is reported as ended.
  if (run.attempt === 0) return isActive(run) ? 'not_claimed' : 'run_ended';
  const isHolder = run.attempt === attempt && run.worker?.endsWith(holderEnd(clientId));
  return isHolder ? undefined : 'claim_lost';
}

/** Whether a run has already ended as reported; then the answer to the first report was lost. */
export function endedAs(run: RunState, given: ProducerReport): boolean {
  if (given.kind === 'complete')
    return run.lifecycle === 'completed' || run.lifecycle === 'completed_with_errors';
  return (
    given.kind === 'fail' && run.lifecycle === 'failed' && run.endedBecause?.reasonCode === given.reasonCode
  );
}

/** Why a run accepts no more of what is reported; undefined if it does. */
export function whyFull(
  { state, run }: { readonly state: OperationState; readonly run: RunState },
  given: ProducerReport,
): ProducerRefusalCode | undefined {
  if (given.kind === 'complete' || given.kind === 'fail') return undefined;
  if (state.head.revision - run.start >= RUN_EVENTS_MAX) return 'too_many_events';
  if (given.kind !== 'items') return undefined;
  const addedCount = given.items.filter(({ itemId }) => !run.items.has(itemId)).length;
  return run.items.size + addedCount > RUN_ITEMS_MAX ? 'too_many_items' : undefined;
}
