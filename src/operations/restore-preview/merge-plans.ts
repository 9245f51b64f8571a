import type { DraftOf } from '../../ledger/event-registry.js';
import { EVENT_BYTES_MAX, type PlannedPolicy, type RestorePlanned } from './restore-events.js';

type PlannedDraft = DraftOf<typeof RestorePlanned>;

/** Merges the events of single policies into events of a bounded size. */
export function mergePlans(produced: readonly PlannedDraft[]): readonly PlannedDraft[] {
  const merged: PlannedDraft[] = [];
  const drafts = produced.map(({ data }) => data);
  const [first] = drafts;
  if (!first) return [];
  let part: PlannedPolicy[] = [];
  let bytes = 0;
  const close = () => {
    if (part.length > 0) merged.push({ type: 'RestorePlanned', data: { ...first, policies: part } });
    part = [];
    bytes = 0;
  };
  for (const policy of drafts.flatMap(({ policies }) => policies)) {
    const size = Buffer.byteLength(JSON.stringify(policy));
    if (bytes + size > EVENT_BYTES_MAX) close();
    part.push(policy);
    bytes += size;
  }
  close();
  return merged;
}
