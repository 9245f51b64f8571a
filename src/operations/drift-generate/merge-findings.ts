import type { DraftOf } from '../../ledger/event-registry.js';
import { partsBySize } from '../handling/parts-by-size.js';
import { FINDINGS_EVENT_BYTES_MAX, type FindingsDetected } from './drift-events.js';

type FindingsDraft = DraftOf<typeof FindingsDetected>;

/** Merges the events of single findings into events of a bounded size. */
export function mergeFindings(produced: readonly FindingsDraft[]): readonly FindingsDraft[] {
  const [first] = produced;
  if (!first) return [];
  const findings = produced.flatMap(({ data }) => data.findings);
  return partsBySize(findings, FINDINGS_EVENT_BYTES_MAX).map((part) => ({
    type: 'FindingsDetected',
    data: { ...first.data, findings: part },
  }));
}
