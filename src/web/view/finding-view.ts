import { counterpartsOf, type FindingRow, policyTypeLabel, recordedEvidence } from '../hub/finding-list.js';
import { leadChange } from './lead-change.js';

/** What the page of a finding says besides its values, in sentences. */
export function findingSentences(finding: FindingRow) {
  const { kind, name, name_before: nameBefore } = finding;
  const where = kind === 'removed' ? 'A policy of this name is new in' : 'A policy of this name is gone from';
  return {
    nothingShown: leadChange(recordedEvidence(finding)) ? null : wordsWithoutChanges(kind),
    renamed: nameBefore === null ? null : renamedWords(name, nameBefore),
    counterparts: counterpartsOf(finding).map(({ fingerprint, policyType }) => ({
      fingerprint,
      sentence: `${where} ${policyTypeLabel(policyType)}`,
    })),
  };
}

const renamedWords = (name: string, nameBefore: string): string =>
  name === nameBefore
    ? 'It was renamed; the two names differ where something is masked.'
    : `It was called “${nameBefore}” before.`;

function wordsWithoutChanges(kind: string): string {
  if (kind === 'added') return 'The policy is new; there is nothing to compare it with.';
  return kind === 'removed' ? 'The policy is gone.' : 'No setting is shown for this finding.';
}
