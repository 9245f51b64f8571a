import { appendDecided } from '../ledger/append-decided.js';
import type { DraftOf } from '../ledger/event-registry.js';
import type { Ledger } from '../ledger/ledger.js';
import { headAfter, type StreamHead } from '../ledger/stream-head.js';
import { type PersonSettingsChanged, personStream } from './person-events.js';

/** Records a person's settings for all of their pages. Resolves to the event's position. */
export async function setPersonSettings(
  ledger: Ledger,
  personId: string,
  settings: DraftOf<typeof PersonSettingsChanged>['data'],
  correlationId: string,
): Promise<{ position: number }> {
  const stream = personStream(personId);
  const context = {
    actor: { kind: 'member', id: personId },
    correlationId,
    causationId: correlationId,
  } as const;
  const appended = await appendDecided<{ head: StreamHead }, never>(ledger, stream, {
    read: async () => ({ head: headAfter(await ledger.last(stream)) }),
    decide: () => ({ events: [{ type: 'PersonSettingsChanged', data: settings }], context }),
  });
  return 'answer' in appended ? appended.answer : { position: appended.appended.position };
}
