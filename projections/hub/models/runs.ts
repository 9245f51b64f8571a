import type { LedgerEvent } from '../../../src/events.js';
import type { JsonObject } from '../../../src/ledger/canonical-json.js';
import { completedLifecycle, type Lifecycle, statusBucket } from '../../../src/runs/status-bucket.js';
import { defineTable } from '../../engine/table.js';
import { type EventOf, runOf, timeOf } from '../event-facts.js';
import type { HubTables } from '../tables.js';
import { initiatorId } from './initiator.js';
import type { RunItemRow } from './run-items.js';

export type RunRow = HubTables['runs'];

export const runsTable = defineTable<RunRow>({
  name: 'runs',
  columns: {
    tenant_id: 'uuid not null',
    run_id: 'text not null',
    type: 'text not null',
    title: 'text not null',
    scope: 'jsonb not null',
    context: 'jsonb not null',
    initiator_kind: 'text not null',
    initiator_id: 'text not null',
    lifecycle: 'text not null',
    bucket: 'text not null',
    total: 'bigint null',
    processed: 'integer not null',
    succeeded: 'integer not null',
    failed: 'integer not null',
    skipped: 'integer not null',
    attempt: 'integer not null',
    worker: 'text null',
    created_at: 'bigint not null',
    started_at: 'bigint null',
    finished_at: 'bigint null',
    reason_code: 'text null',
    reason: 'text null',
    waiting_reason_code: 'text null',
    waiting_until: 'bigint null',
    note: 'text null',
    summary: 'text null',
    caused_by_run_id: 'text null',
    correlation_id: 'text not null',
    queued_position: 'bigint not null',
    last_position: 'bigint not null',
    last_revision: 'integer not null',
    last_at: 'bigint not null',
    events: 'integer not null',
    first_failure: 'text null',
  },
  key: ['tenant_id', 'run_id'],
  indexes: [
    '(tenant_id, queued_position desc)',
    '(tenant_id, bucket, queued_position desc)',
    '(tenant_id, type, queued_position desc)',
    '(tenant_id, initiator_id, queued_position desc)',
    '(tenant_id, created_at desc)',
    '(tenant_id, started_at desc) where started_at is not null',
    '(tenant_id, finished_at desc) where finished_at is not null',
    '(tenant_id, reason_code, queued_position desc) where reason_code is not null',
    '(tenant_id, caused_by_run_id) where caused_by_run_id is not null',
    // The few that are active, for a person's own runs on every page.
    "(tenant_id, initiator_id, run_id) where lifecycle in ('pending', 'running')",
  ],
  access: 'tenant',
});

/**
 * A run after one more event; `fresh` are the items that the event recorded for the first time. Undefined for an
 * event whose run isn't there: retention cut the run's beginning and the store hasn't removed the rest yet.
 */
export function foldRun(
  before: RunRow | undefined,
  event: LedgerEvent,
  fresh: readonly RunItemRow[],
): RunRow | undefined {
  if (event.type === 'RunQueued') return openRun(event);
  if (!before) return undefined;
  const run: RunRow = {
    ...before,
    last_position: event.position,
    last_revision: event.revision,
    last_at: timeOf(event),
    events: before.events + 1,
  };
  return withBucket(foldLifecycle(run, event, fresh));
}

function openRun(event: EventOf<'RunQueued'>): RunRow {
  const { data } = event;
  const { tenant_id, run_id } = runOf(event);
  const at = timeOf(event);
  return withBucket({
    tenant_id,
    run_id,
    type: data.type,
    title: data.title,
    scope: data.scope as JsonObject,
    context: data.context as JsonObject,
    initiator_kind: data.initiator.kind,
    initiator_id: initiatorId(data.initiator),
    lifecycle: 'pending',
    bucket: 'queued',
    total: data.total,
    processed: 0,
    succeeded: 0,
    failed: 0,
    skipped: 0,
    attempt: 0,
    worker: null,
    created_at: at,
    started_at: null,
    finished_at: null,
    reason_code: null,
    reason: null,
    waiting_reason_code: null,
    waiting_until: null,
    note: null,
    summary: null,
    caused_by_run_id: data.causedBy?.runId ?? null,
    correlation_id: event.envelope.$correlationId,
    queued_position: event.position,
    last_position: event.position,
    last_revision: event.revision,
    last_at: at,
    events: 1,
    first_failure: null,
  });
}

function foldLifecycle(run: RunRow, event: LedgerEvent, fresh: readonly RunItemRow[]): RunRow {
  const at = timeOf(event);
  switch (event.type) {
    case 'RunStarted': {
      const { attempt, worker } = event.data;
      const started_at = run.started_at ?? at;
      return { ...moving(run), lifecycle: 'running', attempt, worker, started_at };
    }
    case 'RunReleased':
      return { ...moving(run), lifecycle: 'pending', worker: null };
    case 'RunTotalSet':
      return { ...moving(run), total: Math.max(event.data.total, run.processed) };
    case 'RunItemsRecorded':
      return countItems(moving(run), fresh);
    case 'RunWaiting':
      return {
        ...run,
        waiting_reason_code: event.data.reasonCode,
        waiting_until: Date.parse(event.data.until),
      };
    case 'RunProgressNoted':
      return { ...moving(run), note: event.data.note };
    case 'RunCompleted': {
      const { counts, summary } = event.data;
      const lifecycle = completedLifecycle(counts);
      const total = counts.total === null ? null : Math.max(counts.total, run.processed);
      return { ...moving(run), lifecycle, total, summary, finished_at: at };
    }
    case 'RunFailed':
    case 'RunAborted': {
      const lifecycle = event.type === 'RunFailed' ? 'failed' : 'aborted';
      const { reasonCode: reason_code, reason } = event.data;
      return { ...moving(run), lifecycle, reason_code, reason, finished_at: at };
    }
    default:
      return run;
  }
}

/** Whatever it waited for, it goes on. */
const moving = (run: RunRow): RunRow => ({ ...run, waiting_reason_code: null, waiting_until: null });

function countItems(run: RunRow, fresh: readonly RunItemRow[]): RunRow {
  const counts = { succeeded: run.succeeded, failed: run.failed, skipped: run.skipped };
  for (const { outcome } of fresh) counts[outcome] += 1;
  const processed = run.processed + fresh.length;
  const total = run.total === null ? null : Math.max(run.total, processed);
  const failure = run.first_failure === null ? fresh.find(({ outcome }) => outcome === 'failed') : undefined;
  const first_failure = failure
    ? `${failure.label}: ${failure.reason ?? failure.reason_code ?? 'failed'}`
    : run.first_failure;
  return { ...run, ...counts, processed, total, first_failure };
}

const withBucket = (run: RunRow): RunRow => ({
  ...run,
  bucket: statusBucket(run.lifecycle as Lifecycle, run),
});
