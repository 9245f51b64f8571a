import type { EventLog } from '../ledger/event-log.js';
import { RunQueued } from './run-events.js';
import { operationStream, parseRunId } from './run-streams.js';

/**
 * The log position of a run's first event, which is at the revision in the run id; undefined when the tenant's log has no
 * such run. Errors: those of reading the log.
 */
export async function runPosition(
  log: Pick<EventLog, 'read'>,
  tenantId: string,
  runId: string,
): Promise<number | undefined> {
  const parsed = parseRunId(runId);
  if (!parsed) return undefined;
  const { key, startRevision: fromRevision } = parsed;
  const stream = operationStream(tenantId, key);
  for await (const { type, position } of log.read(stream, { fromRevision, maxCount: 1 }))
    return type === RunQueued.type ? position : undefined;
  return undefined;
}
