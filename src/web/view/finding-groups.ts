import { groupBy } from '../../group-by.js';
import { evidenceOf, FINDING_KIND_LABELS, type FindingRow, policyTypeLabel } from '../hub/finding-list.js';

/** Findings by policy type, each with what changed in words. */
export function findingGroups(findings: readonly FindingRow[]) {
  const byType = groupBy(findings, ({ policy_type }) => policy_type);
  return [...byType]
    .map(([type, group]) => ({
      type,
      label: policyTypeLabel(type),
      findings: group.map((finding) => ({
        finding,
        kindLabel: FINDING_KIND_LABELS[finding.kind as keyof typeof FINDING_KIND_LABELS],
        summary: summaryOf(finding),
      })),
    }))
    .sort((one, other) => one.label.localeCompare(other.label, 'en'));
}

/** What changed, counted: "2 settings changed, 1 added". */
function summaryOf(finding: FindingRow): string {
  const evidence = evidenceOf(finding);
  const parts = [
    [evidence.settingsChanged.length, 'changed'],
    [evidence.settingsAdded.length, 'added'],
    [evidence.settingsRemoved.length, 'removed'],
  ] as const;
  const settings = parts.filter(([count]) => count > 0).map(([count, word]) => `${count} ${word}`);
  const { assignmentsAdded, assignmentsRemoved, assignmentsChanged } = evidence;
  const assignments = assignmentsAdded.length + assignmentsRemoved.length + assignmentsChanged.length;
  return [
    settings.length > 0 ? `settings: ${settings.join(', ')}` : '',
    assignments > 0 ? `assignments: ${assignments} changed` : '',
    finding.recreated ? 're-created' : '',
    finding.name_before ? `was “${finding.name_before}”` : '',
  ]
    .filter((part) => part !== '')
    .join(' · ');
}
