import type { Ledger } from '../ledger/ledger.js';
import { readOperation } from '../runs/read-operation.js';
import { evolve, type OperationState } from '../runs/run-state.js';

/** The most operations whose state is kept between requests, and the most items in all of them together. */
const STATES_MAX = 64;
const ITEMS_MAX = 200_000;

/** Keeps the states of operations between the requests of their producers. */
export interface OperationStates {
  /** The operation's current state at the end of its stream. Errors: those of the ledger. */
  current(stream: string): Promise<OperationState>;
  keep(stream: string, state: OperationState): void;
}

/**
 * Folds an operation once and later only its new events, so that a report to a run with a hundred thousand items
 * doesn't read them all again. A kept state is never used alone: each use first reads the events after it.
 */
export function createOperationStates(ledger: Ledger): OperationStates {
  // In the order of last use, oldest first.
  const states = new Map<string, OperationState>();

  function keep(stream: string, state: OperationState): void {
    states.delete(stream);
    states.set(stream, state);
    let items = 0;
    for (const kept of states.values()) items += kept.run?.items.size ?? 0;
    for (const [oldest, { run }] of states) {
      if (oldest === stream || (states.size <= STATES_MAX && items <= ITEMS_MAX)) return;
      states.delete(oldest);
      items -= run?.items.size ?? 0;
    }
  }

  return {
    async current(stream) {
      let state = states.get(stream);
      if (!state) state = await readOperation(ledger, stream);
      else
        for await (const event of ledger.read(stream, { fromRevision: state.head.revision + 1 }))
          state = evolve(state, event);
      keep(stream, state);
      return state;
    },
    keep,
  };
}
