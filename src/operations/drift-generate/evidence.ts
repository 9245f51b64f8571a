import type { AssignmentsDifference, SettingsDifference } from '../../policies/compare-policies.js';
import { bounded } from '../../runs/run-events.js';
import { sanitizeText } from '../../sanitize/index.js';
import { EVIDENCE_BYTES_MAX, type Evidence } from './drift-events.js';
import { shownChange } from './shown-change.js';
import { nameIn, shownList } from './shown-value.js';

type PolicyDifference = SettingsDifference & AssignmentsDifference;

const PATH_LENGTH_MAX = 1500;
const TEXT_LENGTH_MAX = 500;
const WITHHELD_MAX = 20;

/**
 * The part of a difference that may be written to the log: paths and values, sanitized and of limited length. The
 * comparison has masked secrets. What doesn't fit into `bytesMax`, by default the limit of an event, is counted in
 * `omitted`.
 */
export function evidenceOf(
  finding: PolicyDifference,
  notCompared: readonly string[] = [],
  bytesMax = EVIDENCE_BYTES_MAX,
): Evidence {
  const budget = createBudget(bytesMax);
  const settings = (list: PolicyDifference['settingsAdded']) =>
    budget.kept(
      list.map(({ path, label, values }) => ({
        path: shownPath(path),
        label: label === null ? null : shownText(label),
        values: shownList(values, nameIn(path)),
      })),
    );
  const settingsChanged = budget.kept(
    finding.settingsChanged.map((change) => ({
      path: shownPath(change.path),
      label: change.label === null ? null : shownText(change.label),
      ...shownChange(change),
    })),
  );
  const settingsAdded = settings(finding.settingsAdded);
  const settingsRemoved = settings(finding.settingsRemoved);
  const assignmentsAdded = budget.kept(finding.assignmentsAdded.map(shownText));
  const assignmentsRemoved = budget.kept(finding.assignmentsRemoved.map(shownText));
  const assignmentsChanged = budget.kept(finding.assignmentsChanged.map(shownAssignment));
  return {
    settingsAdded,
    settingsRemoved,
    settingsChanged,
    assignmentsAdded,
    assignmentsRemoved,
    assignmentsChanged,
    assignmentsLookAlike: lookAlike(finding),
    withheld: finding.withheld.slice(0, WITHHELD_MAX).map(shownPath),
    notCompared: [...notCompared],
    omitted: budget.omitted(),
  };
}

/** Keeps entries while all kept entries together fit into an event, and counts the others. */
function createBudget(bytesMax: number) {
  let bytes = 0;
  let omitted = 0;
  return {
    kept<T>(entries: readonly T[]): T[] {
      return entries.filter((entry) => {
        const size = Buffer.byteLength(JSON.stringify(entry));
        const fits = bytes + size <= bytesMax;
        if (fits) bytes += size;
        else omitted += 1;
        return fits;
      });
    },
    omitted: () => omitted,
  };
}

function shownAssignment({ target, parts }: PolicyDifference['assignmentsChanged'][number]) {
  const part = (text: string | null) => (text === null ? null : shownText(text));
  return {
    target: shownText(target),
    parts: parts.map(({ name, before, after }) => ({
      name: shownText(name),
      before: part(before),
      after: part(after),
    })),
  };
}

function lookAlike({ assignmentsAdded, assignmentsRemoved, assignmentsChanged }: PolicyDifference): boolean {
  const removed = new Set(assignmentsRemoved.map(shownText));
  if (assignmentsAdded.some((text) => removed.has(shownText(text)))) return true;
  return assignmentsChanged.some(({ parts }) =>
    parts.some(
      ({ before, after }) => before !== null && after !== null && shownText(before) === shownText(after),
    ),
  );
}

const shownPath = (path: string): string => bounded(sanitizeText(path), PATH_LENGTH_MAX);
const shownText = (text: string): string => bounded(sanitizeText(text), TEXT_LENGTH_MAX);
