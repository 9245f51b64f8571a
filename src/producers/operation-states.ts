import type { Ledger } from '../ledger/ledger.js';
import { readOperation } from '../runs/read-operation.js';
import { evolve, type OperationState } from '../runs/run-state.js';

/** Operations whose state is kept between requests, and items of all of them together. */
const STATES_MAX = 64;
const ITEMS_MAX = 200_000;

/** States of operations between the requests of their producers. */
export interface OperationStates {
  /** The state at the end of the stream as it is now. Errors: those of the ledger. */
  current(stream: string): Promise<OperationState>;
  keep(stream: string, state: OperationState): void;
}

/**
 * Folds an operation once and then only what was appended since, so that a report to a run of a hundred thousand
 * items doesn't read them all again. Nothing is trusted for having been kept: each use reads on from there.
 */
export function createOperationStates(ledger: Ledger): OperationStates {
  // In the order of their last use.
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
