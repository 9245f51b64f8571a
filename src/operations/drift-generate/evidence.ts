import type { PolicyFinding } from '../../policies/compare-policy-sets.js';
import { assignmentText } from '../../policies/normalize-assignments.js';
import { bounded } from '../../runs/run-events.js';
import { sanitizeText } from '../../sanitize/index.js';
import { EVIDENCE_BYTES_MAX, EVIDENCE_VALUE_LENGTH_MAX, type Evidence } from './drift-events.js';

const PATH_LENGTH_MAX = 1500;
const ASSIGNMENT_LENGTH_MAX = 500;
const VALUES_MAX = 200;

/**
 * What of a difference may enter the log: paths and values, sanitized and of a bounded length; secrets come
 * masked from the comparison already. What doesn't fit the size of an event is counted in `omitted`.
 */
export function evidenceOf(finding: PolicyFinding): Evidence {
  let bytes = 0;
  let omitted = 0;
  const kept = <T>(entries: readonly T[]): T[] =>
    entries.filter((entry) => {
      bytes += Buffer.byteLength(JSON.stringify(entry));
      const fits = bytes <= EVIDENCE_BYTES_MAX;
      if (!fits) omitted += 1;
      return fits;
    });
  const settingsAdded = kept(
    finding.settingsAdded.map(({ path, values }) => ({ path: shownPath(path), values: shown(values) })),
  );
  const settingsRemoved = kept(
    finding.settingsRemoved.map(({ path, values }) => ({ path: shownPath(path), values: shown(values) })),
  );
  const settingsChanged = kept(
    finding.settingsChanged.map(({ path, before, after }) => ({
      path: shownPath(path),
      before: shown(before),
      after: shown(after),
    })),
  );
  const assignments = (list: PolicyFinding['assignmentsAdded']) =>
    kept(list.map((assignment) => bounded(sanitizeText(assignmentText(assignment)), ASSIGNMENT_LENGTH_MAX)));
  const assignmentsAdded = assignments(finding.assignmentsAdded);
  const assignmentsRemoved = assignments(finding.assignmentsRemoved);
  return { settingsAdded, settingsRemoved, settingsChanged, assignmentsAdded, assignmentsRemoved, omitted };
}

const shownPath = (path: string): string => bounded(sanitizeText(path), PATH_LENGTH_MAX);

function shown(values: readonly string[]): string[] {
  const texts = values
    .slice(0, VALUES_MAX)
    .map((value) => bounded(sanitizeText(value), EVIDENCE_VALUE_LENGTH_MAX));
  if (values.length > VALUES_MAX) texts[VALUES_MAX - 1] = `… and ${values.length - VALUES_MAX + 1} more`;
  return texts;
}
