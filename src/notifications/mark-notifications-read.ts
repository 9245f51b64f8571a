import type { EventDraft } from '../events.js';
import { RevisionConflictError } from '../ledger/event-log.js';
import { headAfter, type Ledger } from '../ledger/ledger.js';
import { memberStream } from '../ledger/streams.js';

/** Marks a person's own notifications read; `*` stands for all so far. Answers the event's position. */
export async function markNotificationsRead(
  ledger: Ledger,
  personId: string,
  change: {
    readonly tenantId: string;
    readonly notificationIds: readonly string[];
    readonly correlationId: string;
  },
): Promise<{ position: number }> {
  const { tenantId, correlationId } = change;
  const stream = memberStream(tenantId, personId);
  const event: EventDraft = {
    type: 'NotificationRead',
    data: { notificationIds: [...change.notificationIds] },
  };
  for (;;) {
    const head = headAfter(await ledger.last(stream));
    try {
      const { position } = await ledger.append(stream, head, [event], {
        tenantId,
        actor: { kind: 'member', id: personId },
        correlationId,
        causationId: correlationId,
      });
      return { position };
    } catch (error) {
      if (!(error instanceof RevisionConflictError)) throw error;
    }
  }
}
