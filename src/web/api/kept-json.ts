import type { z } from 'zod';
import type { BackupSetItem, BackupSetRow } from '../hub/backup-set-list.js';
import type { ExportRow } from '../hub/export-list.js';
import type { PolicyVersionRow } from '../hub/policy-detail.js';
import type { PolicyListRow, Presence } from '../hub/policy-list.js';
import type { ListedSchedule } from '../hub/schedule-list.js';
import { isoTime } from '../view/format.js';
import { nextTimes } from '../view/schedule-state.js';
import type {
  backupSetAnswer,
  backupSetItemsAnswer,
  exportsAnswer,
  policiesAnswer,
  policyVersionsAnswer,
  schedulesAnswer,
} from './kept-schemas.js';

/** Rows of the read models as the API answers them. */

type Policy = z.infer<typeof policiesAnswer>['policies'][number];
type Version = z.infer<typeof policyVersionsAnswer>['versions'][number];
type SetItem = z.infer<typeof backupSetItemsAnswer>['items'][number];
type Export = z.infer<typeof exportsAnswer>['exports'][number];
type Schedule = z.infer<typeof schedulesAnswer>['schedules'][number];

export const policyJson = (row: PolicyListRow, presence: Presence | undefined): Policy => ({
  key: row.policy_key,
  type: row.policy_type,
  id: row.policy_id,
  name: row.name,
  version: row.version,
  versionSeenAt: isoTime(row.changed_at),
  snapshot: row.snapshot_id,
  seenAt: isoTime(presence?.seenAt ?? row.seen_at),
  gone: presence?.state === 'gone',
});

/** A version of a policy as the API answers it. */
export const versionJson = (row: PolicyVersionRow): Version => ({
  version: row.version,
  name: row.name,
  settings: row.setting_count,
  snapshot: row.snapshot_id,
  firstSeenAt: isoTime(row.first_seen_at),
  firstRunId: row.first_run_id,
  lastSeenAt: isoTime(row.last_seen_at),
  lastRunId: row.last_run_id,
});

/** A backup set as the API answers it, without its items. */
export const backupSetJson = (row: BackupSetRow): z.infer<typeof backupSetAnswer> => ({
  id: row.set_id,
  name: row.name,
  createdAt: isoTime(row.created_at),
  createdBy: { kind: row.created_by_kind, id: row.created_by_id },
  schedule: row.schedule_id,
  policies: row.policies,
  bytes: row.bytes,
  withheld: row.withheld,
  expiredAt: row.expired_at === null ? null : isoTime(row.expired_at),
  expiredBecause: row.expired_reason,
});

/** An item of a backup set as the API answers it. */
export const setItemJson = (row: BackupSetItem): SetItem => ({
  policyKey: row.policy_key,
  type: row.policy_type,
  id: row.policy_id,
  name: row.name,
  snapshot: row.snapshot_id,
  capturedAt: isoTime(row.captured_at),
  bytes: row.bytes,
  withheld: row.withheld,
  includesAssignments: row.include_assignments,
  includesScopeTags: row.include_scope_tags,
});

/** An export as the API answers it. */
export const exportJson = (row: ExportRow): Export => ({
  runId: row.run_id,
  fileName: row.file_name,
  bytes: row.bytes,
  policies: row.policies,
  missing: row.missing,
  writtenAt: isoTime(row.written_at),
  endsAt: isoTime(row.ends_at),
});

/** A schedule as the API answers it; `now` is in milliseconds since 1970. */
export const scheduleJson = ({ schedule, times }: ListedSchedule, now: number): Schedule => ({
  id: schedule.schedule_id,
  name: schedule.name,
  operationType: schedule.operation_type,
  given: schedule.given,
  cron: schedule.cron,
  zone: schedule.zone,
  missed: schedule.missed,
  state: schedule.state,
  pauseReason: schedule.pause_reason,
  next: nextTimes(schedule, now).map(({ at }) => isoTime(at)),
  latest: times.map(({ due_at, outcome, run_id }) => ({
    dueAt: isoTime(due_at),
    outcome,
    runId: run_id,
  })),
});
