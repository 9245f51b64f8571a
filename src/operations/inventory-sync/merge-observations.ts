import type { DraftOf } from '../../ledger/event-registry.js';
import type { InventoryItemsObserved } from './inventory-events.js';

type ObservedDraft = DraftOf<typeof InventoryItemsObserved>;

/** Most policies in one event; each takes some 500 bytes, so that an event stays well below 64 KiB. */
const OBSERVED_IN_ONE_EVENT = 100;

/** Merges the events of single observations into events of a bounded size. */
export function mergeObservations(produced: readonly ObservedDraft[]): readonly ObservedDraft[] {
  const merged: ObservedDraft[] = [];
  const observations = produced.map(({ data }) => data);
  for (let start = 0; start < observations.length; start += OBSERVED_IN_ONE_EVENT) {
    const part = observations.slice(start, start + OBSERVED_IN_ONE_EVENT);
    const [first] = part;
    if (first)
      merged.push({
        type: 'InventoryItemsObserved',
        data: {
          ...first,
          policies: part.flatMap((data) => data.policies),
          unread: part.flatMap((data) => data.unread),
        },
      });
  }
  return merged;
}
