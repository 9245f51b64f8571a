import type { DraftOf } from '../../ledger/event-registry.js';
import { EVENT_BYTES_MAX, type Finding, type FindingsDetected } from './drift-events.js';

type FindingsDraft = DraftOf<typeof FindingsDetected>;

/** Merges the events of single findings into events of a bounded size. */
export function mergeFindings(produced: readonly FindingsDraft[]): readonly FindingsDraft[] {
  const merged: FindingsDraft[] = [];
  let part: Finding[] = [];
  let bytes = 0;
  const drafts = produced.map(({ data }) => data);
  const [first] = drafts;
  if (!first) return [];
  const close = () => {
    if (part.length > 0) merged.push({ type: 'FindingsDetected', data: { ...first, findings: part } });
    part = [];
    bytes = 0;
  };
  for (const finding of drafts.flatMap((data) => data.findings)) {
    const size = Buffer.byteLength(JSON.stringify(finding));
    if (bytes + size > EVENT_BYTES_MAX) close();
    part.push(finding);
    bytes += size;
  }
  close();
  return merged;
}
