import type { GraphCall } from '../../graph/client/graph-call.js';
import { waitingInWords } from '../../graph/client/waiting-words.js';
import type { RunHandle } from '../run-handle.js';
import type { CommonWords } from '../vocabulary.js';

/** Options for the calls that a run makes to Graph: the run records each of their waits. */
export function graphCallOf(
  run: Pick<RunHandle<CommonWords>, 'signal' | 'waiting'>,
  signal: AbortSignal = run.signal,
): GraphCall {
  return {
    signal,
    onWaiting: (waiting) =>
      run.waiting({
        reasonCode: waiting.reasonCode,
        until: waiting.untilMs,
        reason: waitingInWords(waiting),
      }),
  };
}
