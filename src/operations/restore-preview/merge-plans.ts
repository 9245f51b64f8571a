import type { DraftOf } from '../../ledger/event-registry.js';
import { partsBySize } from '../handling/parts-by-size.js';
import { PLANS_EVENT_BYTES_MAX, type RestorePlanned } from './restore-events.js';

type PlannedDraft = DraftOf<typeof RestorePlanned>;

/** Merges the events of single policies into events of a bounded size. */
export function mergePlans(produced: readonly PlannedDraft[]): readonly PlannedDraft[] {
  const [first] = produced;
  if (!first) return [];
  const policies = produced.flatMap(({ data }) => data.policies);
  return partsBySize(policies, PLANS_EVENT_BYTES_MAX).map((part) => ({
    type: 'RestorePlanned',
    data: { ...first.data, policies: part },
  }));
}
