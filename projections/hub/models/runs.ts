import type { JsonObject } from '../../../src/ledger/canonical-json.js';
import type { RecordedOf } from '../../../src/ledger/event-registry.js';
import { isEvent } from '../../../src/ledger/event-registry.js';
import { actorOf, nameThen } from '../../../src/runs/initiator.js';
import { originsOf } from '../../../src/runs/repeated-items.js';
import { LIFECYCLE_EVENTS, RunQueued } from '../../../src/runs/run-events.js';
import {
  completedLifecycle,
  type Lifecycle,
  type StatusBucket,
  statusBucket,
} from '../../../src/runs/status-bucket.js';
import { bigint, integer, jsonb, nullable, text, uuid } from '../../engine/columns.js';
import { defineModel, everyEventOf } from '../../engine/model.js';
import { defineTable, type RowOf } from '../../engine/table.js';
import { runOf, timeOf, type WrongTime, wrongTimeOf } from '../event-facts.js';
import { type RunItemRow, runItemsTable } from './run-items.js';

/** SQL: how long an ended run took, milliseconds. */
export const TOOK_MS = 'finished_at - coalesce(started_at, created_at)';

export const runsTable = defineTable({
  name: 'runs',
  columns: {
    tenant_id: uuid(),
    run_id: text(),
    type: text(),
    title: text(),
    scope: jsonb<JsonObject>(),
    context: jsonb<JsonObject>(),
    initiator_kind: text(),
    initiator_id: text(),
    /** The name of a schedule or an API client at that time; null for members and for runs of the first releases. */
    initiator_name: nullable(text()),
    /** Storage lifecycle: pending, running, completed, completed_with_errors, failed, aborted. */
    lifecycle: text<Lifecycle>(),
    bucket: text<StatusBucket>(),
    /** Position of the event that moved the run into its bucket. */
    bucket_position: bigint(),
    total: nullable(bigint()),
    processed: integer(),
    succeeded: integer(),
    failed: integer(),
    skipped: integer(),
    attempt: integer(),
    worker: nullable(text()),
    created_at: bigint(),
    started_at: nullable(bigint()),
    finished_at: nullable(bigint()),
    /** Why it failed or was aborted. */
    reason_code: nullable(text()),
    reason: nullable(text()),
    /** What the run waits for now, and until when. */
    waiting_reason_code: nullable(text()),
    waiting_until: nullable(bigint()),
    note: nullable(text()),
    summary: nullable(text()),
    caused_by_run_id: nullable(text()),
    correlation_id: text(),
    /** Position of RunQueued: the run's number in the hub (`#10482`) and its place in the list. */
    queued_position: bigint(),
    last_position: bigint(),
    last_revision: integer(),
    /** When the run's newest event happened. */
    last_at: bigint(),
    /** The run's first event whose writer's clock was wrong: what that clock said, and when the event was recorded. */
    wrong_time: nullable(jsonb<WrongTime>()),
    /** Events of this run so far. */
    events: integer(),
    /** The first item that failed, as `label: reason`, or null. */
    first_failure: nullable(text()),
  },
  key: ['tenant_id', 'run_id'],
  indexes: [
    '(tenant_id, queued_position desc)',
    '(tenant_id, bucket, queued_position desc)',
    // For runs that moved into a filtered list after the page was rendered.
    '(tenant_id, bucket_position desc)',
    '(tenant_id, type, queued_position desc)',
    '(tenant_id, initiator_id, queued_position desc)',
    '(tenant_id, created_at desc, queued_position desc)',
    '(tenant_id, started_at desc, queued_position desc) where started_at is not null',
    '(tenant_id, finished_at desc, queued_position desc) where finished_at is not null',
    // For the list sorted by duration.
    `(tenant_id, (${TOOK_MS}) desc, queued_position desc) where finished_at is not null`,
    // For recent problems on the page of all tenants.
    "(tenant_id, bucket, finished_at desc) where bucket in ('failed', 'partially_succeeded')",
    '(tenant_id, caused_by_run_id) where caused_by_run_id is not null',
    // For a person's own active runs, which every page shows.
    "(tenant_id, initiator_id, queued_position) where lifecycle in ('pending', 'running')",
  ],
  access: 'tenant',
});

export type RunRow = RowOf<typeof runsTable>;

/**
 * The runs. An event of a run without a row changes nothing: retention has removed the run's beginning, and the store
 * hasn't removed the rest yet.
 */
export const runs = defineModel({
  table: runsTable,
  wants: everyEventOf('operation'),
  finalAfter: 'run',
  addressed: { kind: 'run', column: 'run_id' },
  keys: (event) => (isEvent(event, RunQueued) ? [] : [runOf(event)]),
  fold(event, rows, rowsOf) {
    if (isEvent(event, RunQueued)) {
      rows.put(openRun(event));
      return;
    }
    const before = rows.get(runOf(event));
    if (!before) return;
    const run: RunRow = {
      ...before,
      last_position: event.position,
      last_revision: event.revision,
      last_at: timeOf(event),
      wrong_time: before.wrong_time ?? wrongTimeOf(event),
      events: before.events + 1,
    };
    const moved = isEvent(event, ...LIFECYCLE_EVENTS)
      ? foldLifecycle(run, event, rowsOf(runItemsTable).added())
      : run;
    rows.put(withBucket(moved));
  },
});

function openRun(event: RecordedOf<typeof RunQueued>): RunRow {
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
    initiator_id: actorOf(data.initiator).id,
    initiator_name: nameThen(data.initiator),
    lifecycle: 'pending',
    bucket: 'queued',
    bucket_position: event.position,
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
    wrong_time: wrongTimeOf(event),
    events: 1,
    first_failure: null,
  });
}

function foldLifecycle(
  run: RunRow,
  event: RecordedOf<(typeof LIFECYCLE_EVENTS)[number]>,
  added: readonly RunItemRow[],
): RunRow {
  const at = timeOf(event);
  switch (event.type) {
    case 'RunStarted': {
      const { attempt, worker } = event.data;
      const started_at = run.started_at ?? at;
      return { ...withoutWaiting(run), lifecycle: 'running', attempt, worker, started_at };
    }
    case 'RunReleased':
      return { ...withoutWaiting(run), lifecycle: 'pending', worker: null };
    case 'RunTotalSet':
      return { ...withoutWaiting(run), total: Math.max(event.data.total, run.processed) };
    case 'RunItemsRecorded':
      return countItems(withoutWaiting(run), added);
    case 'RunItemsRepeated':
      return countRepeats(withoutWaiting(run), [...originsOf(event.data.from)].length);
    case 'RunWaiting':
      return {
        ...run,
        waiting_reason_code: event.data.reasonCode,
        waiting_until: Date.parse(event.data.until),
      };
    case 'RunProgressNoted':
      return { ...withoutWaiting(run), note: event.data.note };
    case 'RunCompleted': {
      const { counts, summary } = event.data;
      const lifecycle = completedLifecycle(counts);
      const total = counts.total === null ? null : Math.max(counts.total, run.processed);
      return { ...withoutWaiting(run), lifecycle, total, summary, finished_at: at };
    }
    case 'RunFailed':
    case 'RunAborted': {
      const lifecycle = event.type === 'RunFailed' ? 'failed' : 'aborted';
      const { reasonCode: reason_code, reason } = event.data;
      return { ...withoutWaiting(run), lifecycle, reason_code, reason, finished_at: at };
    }
    default:
      return run;
  }
}

/** The run without a waiting reason. */
const withoutWaiting = (run: RunRow): RunRow => ({ ...run, waiting_reason_code: null, waiting_until: null });

function countItems(run: RunRow, added: readonly RunItemRow[]): RunRow {
  const counts = { succeeded: run.succeeded, failed: run.failed, skipped: run.skipped };
  for (const { outcome } of added) counts[outcome] += 1;
  const processed = run.processed + added.length;
  const total = run.total === null ? null : Math.max(run.total, processed);
  const failure = run.first_failure === null ? added.find(({ outcome }) => outcome === 'failed') : undefined;
  const first_failure = failure
    ? `${failure.label}: ${failure.reason ?? failure.reason_code ?? 'failed'}`
    : run.first_failure;
  return { ...run, ...counts, processed, total, first_failure };
}

function countRepeats(run: RunRow, repeats: number): RunRow {
  const processed = run.processed + repeats;
  const total = run.total === null ? null : Math.max(run.total, processed);
  return { ...run, succeeded: run.succeeded + repeats, processed, total };
}

function withBucket(run: RunRow): RunRow {
  const bucket = statusBucket(run.lifecycle, run);
  return bucket === run.bucket ? run : { ...run, bucket, bucket_position: run.last_position };
}
