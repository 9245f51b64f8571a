import type { RecordedOf } from '../../../src/ledger/event-registry.js';
import { isEvent, type RecordedEvent } from '../../../src/ledger/event-registry.js';
import { RunAborted, RunCompleted, RunFailed, RunQueued } from '../../../src/runs/run-events.js';
import type { StatusBucket } from '../../../src/runs/status-bucket.js';
import { NotificationRead } from '../../../src/tenancy/member-events.js';
import { bigint, integer, nullable, text, uuid } from '../../engine/columns.js';
import { defineModel } from '../../engine/model.js';
import { defineTable } from '../../engine/table.js';
import { runOf, subjectOf, tenantOf, timeOf } from '../event-facts.js';
import { runsTable } from './runs.js';

/** The notification id that means all of a person's notifications. */
const ALL_NOTIFICATIONS = '*';

export const notificationsTable = defineTable({
  name: 'notifications',
  columns: {
    tenant_id: uuid(),
    person_id: uuid(),
    /** Whether it says that the run is queued, or how it ended. */
    kind: text<'queued' | 'ended'>(),
    run_id: text(),
    run_type: text(),
    title: text(),
    bucket: text<StatusBucket>(),
    total: nullable(bigint()),
    succeeded: integer(),
    failed: integer(),
    skipped: integer(),
    /** Safe summary of what went wrong, or null. */
    error_summary: nullable(text()),
    at: bigint(),
    position: bigint(),
    read_at: nullable(bigint()),
  },
  key: ['tenant_id', 'person_id', 'run_id'],
  indexes: [
    '(tenant_id, person_id, position desc)',
    '(tenant_id, person_id, position desc) where read_at is null',
  ],
  access: 'tenant',
});

/**
 * Tells the member who started a run that it is queued, and later, in the same row, how it ended. Other members and
 * schedules get no notification (N1). Reading marks the row's current content: when the run ends after that, the row
 * is unread again.
 */
export const notifications = defineModel({
  table: notificationsTable,
  foldVersion: 2,
  wants: [RunQueued, RunCompleted, RunFailed, RunAborted, NotificationRead],
  keys: (event) => (isEvent(event, NotificationRead) ? namedBy(event).map(({ key }) => key) : []),
  fold(event, rows, rowsOf) {
    if (isEvent(event, NotificationRead)) {
      for (const { key, kind } of namedBy(event)) {
        const row = rows.get(key);
        if (row?.kind === kind && row.read_at === null) rows.put({ ...row, read_at: timeOf(event) });
      }
      return;
    }
    const run = rowsOf(runsTable).get(runOf(event));
    if (run?.initiator_kind !== 'member') return;
    const kind = isEvent(event, RunQueued) ? 'queued' : 'ended';
    rows.put({
      tenant_id: run.tenant_id,
      person_id: run.initiator_id,
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
  },
});

const reader = (event: RecordedEvent) => ({ tenant_id: tenantOf(event), person_id: subjectOf(event) });

/** The rows that were read; each is named `<run id>:queued` or `<run id>:ended` after its content at that time. */
const namedBy = (event: RecordedOf<typeof NotificationRead>) =>
  event.data.notificationIds
    .filter((id) => id !== ALL_NOTIFICATIONS)
    .map((id) => {
      const [run_id = '', kind = ''] = id.split(':');
      return { key: { ...reader(event), run_id }, kind };
    });

/** Up to which position a person has marked all notifications as read. */
const notificationMarksTable = defineTable({
  name: 'notification_marks',
  columns: {
    tenant_id: uuid(),
    person_id: uuid(),
    /** Position of the newest mark. */
    position: bigint(),
    at: bigint(),
  },
  key: ['tenant_id', 'person_id'],
  access: 'tenant',
});

export const notificationMarks = defineModel({
  table: notificationMarksTable,
  wants: [NotificationRead],
  fold(event, rows) {
    if (event.data.notificationIds.includes(ALL_NOTIFICATIONS))
      rows.put({ ...reader(event), position: event.position, at: timeOf(event) });
  },
});
