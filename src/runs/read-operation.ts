import { isEvent, type RecordedEvent, type RecordedOf } from '../ledger/event-registry.js';
import type { LedgerReader } from '../ledger/ledger.js';
import { EMPTY_HEAD } from '../ledger/stream-head.js';
import { RunQueued } from './run-events.js';
import { evolve, type OperationState } from './run-state.js';
import { operationStream, parseRunId } from './run-streams.js';

/** The state of an operation that never ran. */
export const NEW_OPERATION: OperationState = { head: EMPTY_HEAD, run: undefined };

/**
 * Folds the newest run of an operation's stream; earlier runs are not read. A caller that knows where a run starts
 * passes that, which saves looking for the newest run; later runs are folded too.
 */
export async function readOperation(
  ledger: LedgerReader,
  stream: string,
  knownStart?: number,
): Promise<OperationState> {
  let fromRevision = knownStart;
  if (fromRevision === undefined) {
    const last = await ledger.last(stream);
    if (!last) return NEW_OPERATION;
    fromRevision = startOf(last);
  }
  let state = NEW_OPERATION;
  for await (const event of ledger.read(stream, { fromRevision })) state = evolve(state, event);
  return state;
}

/** The part of an operation's state that deciding a start needs. */
export interface StartableOperation extends OperationState {
  /** The RunQueued event of its newest run. */
  readonly queued?: RecordedEvent;
}

/**
 * Reads the end of an operation's stream and, while a run is active, its RunQueued. That is two events at most,
 * however long the run is; items and attempts are not folded.
 */
export async function readForStart(ledger: LedgerReader, stream: string): Promise<StartableOperation> {
  const last = await ledger.last(stream);
  if (!last) return NEW_OPERATION;
  const queued = last.type === 'RunQueued' ? last : await eventAt(ledger, stream, startOf(last));
  if (!queued) throw new Error(`${stream}@${startOf(last)} is missing from the log`);
  const opened = evolve(NEW_OPERATION, queued);
  return { ...(last === queued ? opened : evolve(opened, last)), queued };
}

/** The events of one run, in order; empty when there is no such run. */
export async function* readRun(
  ledger: LedgerReader,
  tenantId: string,
  runId: string,
): AsyncGenerator<RecordedEvent> {
  const parsed = parseRunId(runId);
  if (!parsed) return;
  const stream = operationStream(tenantId, parsed.key);
  for await (const event of ledger.read(stream, { fromRevision: parsed.startRevision })) {
    if (event.envelope.runId !== runId) return;
    yield event;
  }
}

/** The event at a revision of a stream; undefined when it doesn't exist or was truncated. */
export async function eventAt(
  ledger: LedgerReader,
  stream: string,
  revision: number,
): Promise<RecordedEvent | undefined> {
  for await (const event of ledger.read(stream, { fromRevision: revision, maxCount: 1 }))
    return event.revision === revision ? event : undefined;
  return undefined;
}

/** The RunQueued event of a run of this tenant, or undefined when the tenant's log has no such run. */
export async function queuedEvent(
  ledger: LedgerReader,
  tenantId: string,
  runId: string,
): Promise<RecordedOf<typeof RunQueued> | undefined> {
  const parsed = parseRunId(runId);
  if (!parsed) return undefined;
  const event = await eventAt(ledger, operationStream(tenantId, parsed.key), parsed.startRevision);
  return event && isEvent(event, RunQueued) ? event : undefined;
}

function startOf(event: RecordedEvent): number {
  const { runStart } = event.envelope;
  if (runStart === undefined) throw new Error(`${event.stream}@${event.revision} names no run`);
  return runStart;
}
