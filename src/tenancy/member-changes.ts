import { appendDecided } from '../ledger/append-decided.js';
import type { DraftOf } from '../ledger/event-registry.js';
import type { Ledger } from '../ledger/ledger.js';
import { headAfter, type StreamHead } from '../ledger/stream-head.js';
import { type memberEntity, memberStream } from './member-events.js';

/** Whose own, and of which request. */
interface MemberChange {
  readonly tenantId: string;
  readonly correlationId: string;
}

/** Marks a person's own notifications read; `*` stands for all so far. Answers the event's position. */
export const markNotificationsRead = (
  ledger: Ledger,
  personId: string,
  change: MemberChange & { readonly notificationIds: readonly string[] },
): Promise<{ position: number }> =>
  append(ledger, personId, change, {
    type: 'NotificationRead',
    data: { notificationIds: [...change.notificationIds] },
  });

/** Appends what a person set for themselves; it depends on nothing that was set before. */
async function append(
  ledger: Ledger,
  personId: string,
  { tenantId, correlationId }: MemberChange,
  event: DraftOf<(typeof memberEntity)['events'][number]>,
): Promise<{ position: number }> {
  const stream = memberStream(tenantId, personId);
  const context = {
    tenantId,
    actor: { kind: 'member', id: personId },
    correlationId,
    causationId: correlationId,
  } as const;
  const appended = await appendDecided<{ head: StreamHead }, never>(ledger, stream, {
    read: async () => ({ head: headAfter(await ledger.last(stream)) }),
    decide: () => ({ events: [event], context }),
  });
  return 'answer' in appended ? appended.answer : { position: appended.appended.position };
}
