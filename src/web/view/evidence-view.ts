import type { Evidence } from '../../operations/drift-generate/drift-events.js';
import { changeSentences } from './change-words.js';

/** Evidence in the form of the partial `evidence`: each changed setting with what must be said about it. */
export const evidenceView = (evidence: Evidence) => ({
  ...evidence,
  settingsChanged: evidence.settingsChanged.map((change) => ({
    ...change,
    sentences: changeSentences(change),
  })),
});

/** Whether evidence shows any setting or assignment. */
export function hasChanges(evidence: Evidence): boolean {
  const { settingsChanged, settingsAdded, settingsRemoved } = evidence;
  const { assignmentsAdded, assignmentsRemoved, assignmentsChanged } = evidence;
  const lists = [settingsChanged, settingsAdded, settingsRemoved];
  const assignments = [assignmentsAdded, assignmentsRemoved, assignmentsChanged];
  return [...lists, ...assignments].some((list) => list.length > 0);
}
