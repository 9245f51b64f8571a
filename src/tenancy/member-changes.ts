import { v5 as uuidv5 } from 'uuid';
import { appendDecided } from '../ledger/append-decided.js';
import type { DraftOf } from '../ledger/event-registry.js';
import type { Ledger } from '../ledger/ledger.js';
import { headAfter, type StreamHead } from '../ledger/stream-head.js';
import { type memberEntity, memberStream } from './member-events.js';

/** The tenant, the person and the request of a change. */
interface MemberChange {
  readonly tenantId: string;
  readonly correlationId: string;
}

/** Marks a person's notifications as read; `*` means all so far. Resolves to the event's position. */
export const markNotificationsRead = (
  ledger: Ledger,
  personId: string,
  change: MemberChange & { readonly notificationIds: readonly string[] },
): Promise<{ position: number }> =>
  append(ledger, personId, change, [
    { type: 'NotificationRead', data: { notificationIds: [...change.notificationIds] } },
  ]);

/** A change of saved views, which are identified by their names. */
export type ViewChange =
  | { readonly kind: 'save'; readonly name: string; readonly query: string }
  | { readonly kind: 'remove'; readonly name: string }
  | { readonly kind: 'default'; readonly name: string | null };

/** The id of a person's view is derived from its name without regard to case, so that names are unique in the log. */
const viewIdOf = (tenantId: string, personId: string, name: string): string =>
  uuidv5(`view:${personId}:${name.toLocaleLowerCase('en')}`, tenantId);

/** Records changes of a person's views together. Resolves to the last event's position and the ids by name. */
export async function changeViews(
  ledger: Ledger,
  personId: string,
  { changes, ...change }: MemberChange & { readonly changes: readonly ViewChange[] },
): Promise<{ position: number; viewIds: ReadonlyMap<string, string> }> {
  const viewIds = new Map<string, string>();
  const idOf = (name: string): string => {
    const viewId = viewIdOf(change.tenantId, personId, name);
    viewIds.set(name, viewId);
    return viewId;
  };
  const events = changes.map((one): DraftOf<(typeof memberEntity)['events'][number]> => {
    if (one.kind === 'save') {
      const { name, query } = one;
      return { type: 'ViewSaved', data: { viewId: idOf(name), name, query } };
    }
    if (one.kind === 'remove') return { type: 'ViewRemoved', data: { viewId: idOf(one.name) } };
    return { type: 'DefaultViewChosen', data: { viewId: one.name === null ? null : idOf(one.name) } };
  });
  const { position } = await append(ledger, personId, change, events);
  return { position, viewIds };
}

/** Appends a person's own settings, which don't depend on earlier ones. */
async function append(
  ledger: Ledger,
  personId: string,
  { tenantId, correlationId }: MemberChange,
  events: readonly DraftOf<(typeof memberEntity)['events'][number]>[],
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
    decide: () => ({ events, context }),
  });
  return 'answer' in appended ? appended.answer : { position: appended.appended.position };
}
