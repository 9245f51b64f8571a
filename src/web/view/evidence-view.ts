import type { Evidence } from '../../operations/drift-generate/drift-events.js';
import { changeSentences } from './change-words.js';
import { type CutText, differenceOf } from './marked-difference.js';
import { withCatalogName } from './setting-words.js';

/** Evidence in the form of the partial `evidence`; lists without entries are left out. */
export const evidenceView = (evidence: Evidence) => ({
  changes: [
    {
      title: 'Settings changed',
      subject: 'setting',
      number: evidence.settingsChanged.length,
      rows: evidence.settingsChanged.map((change) => ({
        setting: withCatalogName(change),
        before: change.before,
        after: change.after,
        cut: cutOf(change.before, change.after),
        sentences: changeSentences(change),
      })),
    },
    {
      title: 'Assignments changed',
      subject: 'assignment',
      number: evidence.assignmentsChanged.length,
      rows: evidence.assignmentsChanged.flatMap(changedParts),
    },
  ].filter(({ number }) => number > 0),
  settings: [
    { title: 'Settings added', mark: 'added', settings: evidence.settingsAdded.map(withCatalogName) },
    { title: 'Settings removed', mark: 'removed', settings: evidence.settingsRemoved.map(withCatalogName) },
  ].filter(({ settings }) => settings.length > 0),
  assignments: [
    { title: 'Assignments added', mark: 'added', values: evidence.assignmentsAdded },
    { title: 'Assignments removed', mark: 'removed', values: evidence.assignmentsRemoved },
  ].filter(({ values }) => values.length > 0),
  assignmentsLookAlike: evidence.assignmentsLookAlike,
  withheld: evidence.withheld,
  notCompared: evidence.notCompared.join(', '),
  omitted: evidence.omitted,
});

const changedParts = ({ target, parts }: Evidence['assignmentsChanged'][number]) =>
  parts.map((part) => ({
    target,
    part: part.name,
    before: listOf(part.before),
    after: listOf(part.after),
    cut: cutOf(listOf(part.before), listOf(part.after)),
    sentences: [],
  }));

/** Two single values, cut where they differ. */
function cutOf(
  before: readonly string[],
  after: readonly string[],
): { readonly before: CutText | null; readonly after: CutText | null } {
  const [one, other] = [before[0], after[0]];
  const single = before.length === 1 && after.length === 1 && one !== undefined && other !== undefined;
  const [cutBefore = null, cutAfter = null] = (single && differenceOf(one, other)) || [];
  return { before: cutBefore, after: cutAfter };
}

const listOf = (value: string | null): readonly string[] => (value === null ? [] : [value]);
