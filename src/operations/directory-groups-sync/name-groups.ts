import { batchesOf } from '../../batches-of.js';
import {
  addEntry,
  type DirectoryChanges,
  rowsAfter,
  withoutName,
} from '../../directory/directory-changes.js';
import { type DirectoryRows, SELECTED_FIELDS } from '../../directory/directory-object.js';
import { BATCH_REQUESTS_MAX } from '../../graph/client/batch.js';
import type { GraphCall } from '../../graph/client/graph-call.js';
import type { GraphReader } from '../../graph/client/graph-client.js';
import { concernsEveryCall } from '../../graph/client/graph-error.js';

/** Most groups whose missing names are read one by one; the others stay without a name. */
const ASKED_MAX = 2_000;

/**
 * The rows after the changes, with the fields of groups whose names didn't come read one by one, twenty in a request.
 * A group that is gone is left out; one that can't be read stays without a name. Errors: GraphError where no call can
 * succeed; the signal's reason.
 */
export async function namedRows(
  graph: Pick<GraphReader, 'batch'>,
  call: GraphCall,
  read: { readonly before: DirectoryRows; readonly changes: DirectoryChanges; readonly whole: boolean },
): Promise<DirectoryRows> {
  const { before, changes, whole } = read;
  const nameless = withoutName(rowsAfter(before, changes, whole)).slice(0, ASKED_MAX);
  if (nameless.length === 0) return rowsAfter(before, changes, whole);
  const completed: DirectoryChanges = new Map(changes);
  const select = `$select=${SELECTED_FIELDS.group.join(',')}`;
  for (const keys of batchesOf(nameless, BATCH_REQUESTS_MAX)) {
    const answers = await graph.batch(
      keys.map((key) => `groups/${encodeURIComponent(key)}?${select}`),
      call,
    );
    for (const [index, key] of keys.entries()) {
      const answer = answers[index];
      if (answer && 'error' in answer) {
        if (concernsEveryCall(answer.error)) throw answer.error;
        if (answer.error.reasonCode === 'graph_not_found')
          addEntry(completed, 'group', { id: key, '@removed': {} });
      } else if (answer) addEntry(completed, 'group', { ...answer.body, id: answer.body.id ?? key });
    }
  }
  return rowsAfter(before, completed, whole);
}
