import { RevisionConflictError } from '../../ledger/event-log.js';
import { type DraftOf, isEvent, type RecordedEvent } from '../../ledger/event-registry.js';
import type { LedgerReader } from '../../ledger/ledger.js';
import { EMPTY_HEAD, headAfter, type StreamHead } from '../../ledger/stream-head.js';
import { actorOf } from '../../runs/initiator.js';
import type { Initiator } from '../../runs/run-events.js';
import { dueTimesEntity, ScheduleStartedByHand } from './due-times.js';

type StartDraft = DraftOf<typeof ScheduleStartedByHand>;
type StartByHand = StartDraft['data'] & { readonly initiator: Initiator };

/** The event of a run is among the newest events, because both of its writers write when the run starts. */
const LOOKED_AT_MAX = 50;

/**
 * Records once that somebody started a run of a schedule besides its due times. `append` appends the draft after the
 * head; it is repeated when another writer was first. Errors: those of the ledger and of `append` except
 * RevisionConflictError.
 */
export async function recordStartByHand(
  ledger: LedgerReader,
  { tenantId, scheduleId }: { readonly tenantId: string; readonly scheduleId: string },
  start: StartByHand,
  append: (stream: string, draft: StartDraft, head: StreamHead) => Promise<unknown>,
): Promise<void> {
  const stream = dueTimesEntity.stream(tenantId, scheduleId);
  const draft: StartDraft = { type: 'ScheduleStartedByHand', data: start };
  for (;;) {
    const newestFirst: RecordedEvent[] = [];
    for await (const event of ledger.read(stream, { direction: 'backwards', maxCount: LOOKED_AT_MAX }))
      newestFirst.push(event);
    if (newestFirst.some((event) => isOf(event, start))) return;
    const [last] = newestFirst;
    try {
      await append(stream, draft, last ? headAfter(last) : EMPTY_HEAD);
      return;
    } catch (error) {
      if (!(error instanceof RevisionConflictError)) throw error;
    }
  }
}

/** Whether an event says already that this initiator started the run. Events of version 1 name no initiator. */
function isOf(event: RecordedEvent, { runId, initiator }: StartByHand): boolean {
  if (!isEvent(event, ScheduleStartedByHand) || event.data.runId !== runId) return false;
  if (event.data.initiator === null) return true;
  const [recorded, wanted] = [actorOf(event.data.initiator), actorOf(initiator)];
  return recorded.kind === wanted.kind && recorded.id === wanted.id;
}
