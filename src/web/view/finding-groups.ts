import { groupBy } from '../../group-by.js';
import {
  counterpartsOf,
  FINDING_KIND_LABELS,
  type FindingRow,
  policyTypeLabel,
  recordedEvidence,
} from '../hub/finding-list.js';
import { leadChange } from './lead-change.js';

/** Findings by policy type, each with its first change. */
export function findingGroups(findings: readonly FindingRow[]) {
  const byType = groupBy(findings, ({ policy_type }) => policy_type);
  return [...byType]
    .map(([type, group]) => ({
      type,
      label: policyTypeLabel(type),
      findings: group.map((finding) => ({
        finding,
        kindLabel: FINDING_KIND_LABELS[finding.kind as keyof typeof FINDING_KIND_LABELS],
        change: leadChange(recordedEvidence(finding)) ?? null,
        remarks: remarksOf(finding),
      })),
    }))
    .sort((one, other) => one.label.localeCompare(other.label, 'en'));
}

/** Facts about a policy that its changed settings don't show. */
function remarksOf(finding: FindingRow): string {
  const [counterpart] = counterpartsOf(finding);
  const direction = finding.kind === 'added' ? 'from' : 'to';
  return [
    finding.recreated ? 're-created' : '',
    finding.name_before ? `was “${finding.name_before}”` : '',
    counterpart ? `probably moved ${direction} ${policyTypeLabel(counterpart.policyType)}` : '',
  ]
    .filter((part) => part !== '')
    .join(' · ');
}
