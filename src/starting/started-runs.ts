import type { OperationState } from '../runs/run-state.js';

/**
 * Runs that this process has just started. A worker in the same process can claim them without reading them first. A
 * remembered state may be outdated; that is harmless, because the log then refuses the append.
 */
export interface StartedRuns {
  remember(stream: string, state: OperationState): void;
  /** Whether a run of this operation was remembered, also long ago, so that its stream has events. */
  hasStarted(stream: string): boolean;
  /** The operation's state after this run was started. Removes it, so that it is returned only once. */
  take(stream: string, runId: string): OperationState | undefined;
}

/** While this many runs are remembered, further ones are not; their worker reads them from the log. */
const REMEMBERED_MAX = 1_000;

/** How many names of operations are kept; the oldest are forgotten. */
const NAMES_MAX = 10_000;

export function createStartedRuns(): StartedRuns {
  const states = new Map<string, OperationState>();
  const names = new Set<string>();
  return {
    remember(stream, state) {
      if (states.size < REMEMBERED_MAX) states.set(stream, state);
      names.add(stream);
      const [oldest] = names;
      if (names.size > NAMES_MAX && oldest !== undefined) names.delete(oldest);
    },
    hasStarted: (stream) => names.has(stream),
    take(stream, runId) {
      const state = states.get(stream);
      states.delete(stream);
      return state?.run?.runId === runId ? state : undefined;
    },
  };
}
