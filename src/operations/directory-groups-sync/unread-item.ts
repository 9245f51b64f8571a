import { concernsEveryCall, GraphError } from '../../graph/client/graph-error.js';
import { RunFailure } from '../run-failure.js';
import type { SyncRun } from './sync-run.js';

/** The failed item for something that could not be read. It names the permission where Graph forbids the reading. */
export function unreadItem<Code extends string>(
  item: { readonly itemId: string; readonly label: string },
  error: GraphError | RunFailure<Code>,
  permission: string,
) {
  const { reasonCode, message } = error;
  const takes =
    reasonCode === 'graph_forbidden' ? `. Reading it takes the application permission ${permission}.` : '';
  return { ...item, subject: null, outcome: 'failed', reasonCode, reason: `${message}${takes}` } as const;
}

/** Whether an error concerns only what was being read, so that the run goes on with the rest. */
export function isUnread(run: SyncRun, error: unknown): error is GraphError | RunFailure {
  if (run.signal.aborted || !(error instanceof GraphError || error instanceof RunFailure)) return false;
  return !concernsEveryCall(error);
}
