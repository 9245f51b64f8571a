import type { Selectable } from 'kysely';
import type { HubTables } from '../../../projections/hub/hub-models.js';
import { PREPARED } from '../../db/prepared-statements.js';
import type { StatusBucket } from '../../runs/status-bucket.js';
import type { HubRead } from './hub-read.js';
import { cutPage } from './keyset.js';

/** A notification, and whether the person has read it, alone or together with all others. */
export interface ShownNotification extends Selectable<HubTables['notifications']> {
  readonly unread: boolean;
  /** The run's present bucket; null when the read models no longer have the run. */
  readonly bucket_now: StatusBucket | null;
}

/** More unread ones are shown as "99+". */
export const UNREAD_MAX = 99;

/** How many notifications a person has not read, counted up to a limit. */
export async function unreadCount(db: HubRead, personId: string): Promise<number> {
  const rows = await db
    .selectFrom('notifications')
    .select('run_id')
    .where('person_id', '=', personId)
    .where('read_at', 'is', null)
    .where('position', '>', (select) =>
      select.fn.coalesce(
        select
          .selectFrom('notification_marks')
          .select('notification_marks.position')
          .where('notification_marks.person_id', '=', personId),
        select.lit(-1),
      ),
    )
    .limit(UNREAD_MAX + 1)
    .modifyEnd(PREPARED)
    .execute();
  return rows.length;
}

/** The position up to which the person has marked everything as read; -1 before the first time. */
async function allReadUpTo(db: HubRead, personId: string): Promise<number> {
  const mark = await db
    .selectFrom('notification_marks')
    .select('position')
    .where('person_id', '=', personId)
    .executeTakeFirst();
  return mark?.position ?? -1;
}

/** A person's own notifications, newest first, older than a position. */
export async function listNotifications(
  db: HubRead,
  personId: string,
  request: { readonly before?: number | undefined; readonly limit: number },
): Promise<{ readonly rows: readonly ShownNotification[]; readonly hasMore: boolean }> {
  const readUpTo = await allReadUpTo(db, personId);
  let query = db
    .selectFrom('notifications')
    .leftJoin('runs', (join) =>
      join
        .onRef('runs.tenant_id', '=', 'notifications.tenant_id')
        .onRef('runs.run_id', '=', 'notifications.run_id'),
    )
    .selectAll('notifications')
    .select('runs.bucket as bucket_now')
    .where('person_id', '=', personId)
    .orderBy('position', 'desc')
    .limit(request.limit + 1);
  if (request.before !== undefined) query = query.where('position', '<', request.before);
  const found = await query.execute();
  const shown = found.map((row) => ({
    ...row,
    unread: row.read_at === null && row.position > readUpTo,
  }));
  return cutPage(shown, request.limit);
}
