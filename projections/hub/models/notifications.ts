import { CompiledQuery } from 'kysely';
import type { LedgerEvent } from '../../../src/events.js';
import { isTerminal, type Lifecycle } from '../../../src/runs/status-bucket.js';
import type { RowSet } from '../../engine/row-set.js';
import type { ProjectionTransaction } from '../../engine/row-store.js';
import { defineTable } from '../../engine/table.js';
import { type EventOf, subjectOf, tenantOf, timeOf } from '../event-facts.js';
import type { HubTables } from '../tables.js';
import type { RunRow } from './runs.js';

export type NotificationRow = HubTables['notifications'];

export const notificationsTable = defineTable<NotificationRow>({
  name: 'notifications',
  columns: {
    tenant_id: 'uuid not null',
    person_id: 'uuid not null',
    notification_id: 'text not null',
    kind: 'text not null',
    run_id: 'text not null',
    run_type: 'text not null',
    title: 'text not null',
    bucket: 'text not null',
    total: 'bigint null',
    succeeded: 'integer not null',
    failed: 'integer not null',
    skipped: 'integer not null',
    error_summary: 'text null',
    at: 'bigint not null',
    position: 'bigint not null',
    read_at: 'bigint null',
  },
  key: ['tenant_id', 'person_id', 'notification_id'],
  indexes: [
    '(tenant_id, person_id, position desc)',
    '(tenant_id, person_id, position desc) where read_at is null',
  ],
  access: 'tenant',
});

/** "All read" by one person: everything unread that stood before it. */
export interface AllReadMark {
  readonly tenant_id: string;
  readonly person_id: string;
  readonly position: number;
  readonly at: number;
}

/** Tells the member who started a run that it is queued or has ended; nobody else, and no schedule (N1). */
export function foldNotifications(event: LedgerEvent, run: RunRow, rows: RowSet<NotificationRow>): void {
  if (run.initiator_kind !== 'member') return;
  const ended = isTerminal(run.lifecycle as Lifecycle);
  if (event.type !== 'RunQueued' && !ended) return;
  const kind = ended ? 'ended' : 'queued';
  const key = {
    tenant_id: run.tenant_id,
    person_id: run.initiator_id,
    notification_id: `${run.run_id}:${kind}`,
  };
  if (rows.get(key)) return;
  rows.put({
    ...key,
    kind,
    run_id: run.run_id,
    run_type: run.type,
    title: run.title,
    bucket: run.bucket,
    total: run.total,
    succeeded: run.succeeded,
    failed: run.failed,
    skipped: run.skipped,
    error_summary: run.reason ?? run.first_failure,
    at: timeOf(event),
    position: event.position,
    read_at: null,
  });
}

export const ALL_NOTIFICATIONS = '*';

/** Marks a person's notifications read; the first reading counts. Marks for all are returned for the database. */
export function foldRead(
  event: EventOf<'NotificationRead'>,
  rows: RowSet<NotificationRow>,
): readonly AllReadMark[] {
  const person = { tenant_id: tenantOf(event), person_id: subjectOf(event) };
  const read_at = timeOf(event);
  const { notificationIds } = event.data;
  if (!notificationIds.includes(ALL_NOTIFICATIONS)) {
    for (const notification_id of notificationIds) {
      const row = rows.get({ ...person, notification_id });
      if (row && row.read_at === null) rows.put({ ...row, read_at });
    }
    return [];
  }
  for (const row of [...rows.rows()])
    if (row.tenant_id === person.tenant_id && row.person_id === person.person_id && row.read_at === null)
      rows.put({ ...row, read_at });
  return [{ ...person, position: event.position, at: read_at }];
}

/** Applies the marks to rows of earlier batches, in order. Runs before the batch's own rows are written. */
export async function writeAllRead(tx: ProjectionTransaction, marks: readonly AllReadMark[]): Promise<void> {
  for (const { tenant_id, person_id, position, at } of marks)
    await tx.executeQuery(
      CompiledQuery.raw(
        `update notifications set read_at = $4
         where tenant_id = $1 and person_id = $2 and position < $3 and read_at is null`,
        [tenant_id, person_id, position, at],
      ),
    );
}
