import type { OperationState } from '../runs/run-state.js';

/**
 * Runs that this process has just started, for a worker in the same process: it can claim one without reading it
 * first. What is remembered may be outdated, so it serves only to propose an append, which the log refuses then.
 */
export interface StartedRuns {
  remember(stream: string, state: OperationState): void;
  /** The operation as the start of this run left it; given out once. */
  take(stream: string, runId: string): OperationState | undefined;
}

/** Runs that wait behind this many others are read from the log like everybody else's. */
const REMEMBERED_MAX = 1_000;

export function createStartedRuns(): StartedRuns {
  const states = new Map<string, OperationState>();
  return {
    remember(stream, state) {
      if (states.size < REMEMBERED_MAX) states.set(stream, state);
    },
    take(stream, runId) {
      const state = states.get(stream);
      states.delete(stream);
      return state?.run?.runId === runId ? state : undefined;
    },
  };
}
