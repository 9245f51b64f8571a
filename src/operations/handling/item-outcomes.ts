import type { Counts } from '../../runs/run-events.js';
import { countsOf } from '../../runs/run-state.js';
import type { RunHandle } from '../run-handle.js';

/** The outcome of an item that succeeded. */
export const succeeded = <Item extends object>(item: Item) =>
  ({ ...item, outcome: 'succeeded', reasonCode: null, reason: null }) as const;

/** How many items the run has recorded and repeated so far, by outcome. */
export const countsSoFar = ({ recorded, repeated }: Pick<RunHandle, 'recorded' | 'repeated'>): Counts =>
  countsOf({ items: recorded, repeated, total: null });
