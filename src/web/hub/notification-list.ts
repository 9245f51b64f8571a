import type { Selectable } from 'kysely';
import type { HubTables } from '../../../projections/hub/tables.js';
import type { HubRead } from './hub-read.js';

export type NotificationRow = Selectable<HubTables['notifications']>;

/** More unread ones than this are shown as "99+". */
const UNREAD_COUNTED = 100;

/** How many notifications a person has not read, counted to a bound. */
export async function unreadCount(db: HubRead, personId: string): Promise<number> {
  const rows = await db
    .selectFrom('notifications')
    .select('notification_id')
    .where('person_id', '=', personId)
    .where('read_at', 'is', null)
    .limit(UNREAD_COUNTED)
    .execute();
  return rows.length;
}

/** A person's own notifications, newest first, older than a position. */
export async function listNotifications(
  db: HubRead,
  personId: string,
  request: { readonly before?: number | undefined; readonly limit: number },
): Promise<{ readonly rows: readonly NotificationRow[]; readonly hasMore: boolean }> {
  let query = db
    .selectFrom('notifications')
    .selectAll()
    .where('person_id', '=', personId)
    .orderBy('position', 'desc')
    .orderBy('notification_id')
    .limit(request.limit + 1);
  if (request.before !== undefined) query = query.where('position', '<', request.before);
  const rows = await query.execute();
  return { rows: rows.slice(0, request.limit), hasMore: rows.length > request.limit };
}
