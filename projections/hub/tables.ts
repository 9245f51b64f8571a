import type { JsonObject } from '../../src/ledger/canonical-json.js';
import type { ItemOutcome } from '../../src/runs/run-events.js';
import type { StatusBucket } from '../../src/runs/status-bucket.js';
import type { CheckpointRow } from '../engine/checkpoint.js';
import type { ProjectorStatusRow } from '../engine/projector-status-table.js';

/**
 * The hub's read models, one schema per version (`hub_v1`), all built by one projection with one checkpoint.
 * Rows depend on events and their order only. Every table but `checkpoint`, `projector_status` and `known_ids`
 * has a tenant and is behind row level security. Times are milliseconds since 1970 (UTC), positions are the log's commit positions.
 */
export interface HubTables {
  /** One row: how far the models are. Updated by compare-and-set in the batch's own transaction. */
  checkpoint: CheckpointRow;
  /** One row: what the projector last said of itself. Not derived from events. */
  projector_status: ProjectorStatusRow;
  tenants: {
    tenant_id: string;
    slug: string;
    name: string;
    registered_at: number;
    graph_base_url: string | null;
  };
  /** Present members only. */
  members: { tenant_id: string; person_id: string; role: string; since: number };
  /** Platform roles granted at present. */
  grants: { tenant_id: string; person_id: string; role: string; since: number };
  runs: {
    tenant_id: string;
    run_id: string;
    type: string;
    title: string;
    scope: JsonObject;
    context: JsonObject;
    initiator_kind: string;
    initiator_id: string;
    /** Storage lifecycle: pending, running, completed, completed_with_errors, failed, aborted. */
    lifecycle: string;
    bucket: StatusBucket;
    total: number | null;
    processed: number;
    succeeded: number;
    failed: number;
    skipped: number;
    attempt: number;
    worker: string | null;
    created_at: number;
    started_at: number | null;
    finished_at: number | null;
    /** Why it failed or was aborted. */
    reason_code: string | null;
    reason: string | null;
    /** What it waits for at present, and until when. */
    waiting_reason_code: string | null;
    waiting_until: number | null;
    note: string | null;
    summary: string | null;
    caused_by_run_id: string | null;
    correlation_id: string;
    /** Position of RunQueued: the run's number in the hub (`#10482`), and the list's order. */
    queued_position: number;
    last_position: number;
    last_revision: number;
    /** When its newest event happened: the log's own sign of life. */
    last_at: number;
    /** Events of this run so far. */
    events: number;
    /** The first item that failed, as `label: reason`, or null. */
    first_failure: string | null;
  };
  /** A copy of each event of a run's stream (H5). */
  run_events: {
    tenant_id: string;
    run_id: string;
    revision: number;
    position: number;
    event_id: string;
    type: string;
    at: number;
    actor_kind: string;
    actor_id: string;
    attempt: number | null;
    data: JsonObject;
    metadata: JsonObject;
  };
  run_items: {
    tenant_id: string;
    run_id: string;
    item_id: string;
    /** Order of recording inside the run, from 1. */
    ordinal: number;
    label: string;
    subject_type: string | null;
    subject_id: string | null;
    outcome: ItemOutcome['outcome'];
    reason_code: string | null;
    reason: string | null;
    attempt: number;
    at: number;
    revision: number;
    position: number;
  };
  /** The failure stream: one row for each failed item and each run that failed or was aborted (F3). */
  failures: {
    tenant_id: string;
    position: number;
    /** The item's ordinal in its run; 0 for the run itself. */
    ordinal: number;
    run_id: string;
    run_type: string;
    /** Null when the run itself failed. */
    item_id: string | null;
    label: string;
    reason_code: string;
    reason: string | null;
    at: number;
  };
  /** The failure stream by reason code and type, maintained, so that no page counts rows. */
  failure_groups: {
    tenant_id: string;
    reason_code: string;
    run_type: string;
    failures: number;
    first_at: number;
    last_at: number;
    last_run_id: string;
    last_position: number;
  };
  /** Related links, one row each, read from both ends. */
  run_links: {
    tenant_id: string;
    run_id: string;
    relation: string;
    target_kind: string;
    target_id: string;
    label: string;
    position: number;
  };
  /** Who asked for a run that was already active. */
  run_asks: { tenant_id: string; run_id: string; initiator_kind: string; initiator_id: string; at: number };
  /** Counters by type and bucket, maintained, so that no page counts rows. */
  run_counters: { tenant_id: string; type: string; bucket: StatusBucket; runs: number };
  notifications: {
    tenant_id: string;
    person_id: string;
    /** `<run id>:queued` or `<run id>:ended`. */
    notification_id: string;
    kind: 'queued' | 'ended';
    run_id: string;
    run_type: string;
    title: string;
    bucket: StatusBucket;
    total: number | null;
    succeeded: number;
    failed: number;
    skipped: number;
    /** Safe summary of what went wrong, or null. */
    error_summary: string | null;
    at: number;
    position: number;
    read_at: number | null;
  };
  findings: {
    tenant_id: string;
    fingerprint: string;
    status: 'new' | 'acknowledged';
    status_at: number | null;
    status_by: string | null;
    /** What that person wrote about it. */
    status_note: string | null;
    kind: string;
    policy_type: string;
    subject_id: string;
    subject_id_before: string | null;
    name: string;
    name_before: string | null;
    recreated: boolean;
    scope_key: string;
    evidence: JsonObject;
    first_run_id: string;
    first_detected_at: number;
    last_run_id: string;
    last_detected_at: number;
    detections: number;
    baseline_run_id: string;
    current_run_id: string;
    first_position: number;
  };
  /** What a person set for themselves in a tenant. */
  member_settings: { tenant_id: string; person_id: string; time_zone: string | null };
  /** Which tenant an id belongs to, for `tenant_of(kind, id)` alone; nobody may select from it. */
  known_ids: { kind: 'run' | 'finding'; id: string; tenant_id: string };
  /** Each detection of a finding by a run, with the evidence as that run saw it. */
  finding_detections: {
    tenant_id: string;
    run_id: string;
    fingerprint: string;
    item_id: string;
    at: number;
    position: number;
  };
  /** Inventory runs by scope, ended ones; usable are those with bucket succeeded or partially succeeded. */
  inventories: {
    tenant_id: string;
    run_id: string;
    scope_key: string;
    policy_types: string[];
    usable: boolean;
    policies: number;
    finished_at: number;
    position: number;
  };
  /** What inventory runs saw so far, counted; `inventories` takes it over when a run ends. */
  inventory_tallies: {
    tenant_id: string;
    run_id: string;
    scope_key: string;
    policy_types: string[];
    policies: number;
  };
  /** What each inventory run saw. */
  inventory_policies: {
    tenant_id: string;
    run_id: string;
    item_id: string;
    scope_key: string;
    policy_type: string;
    policy_id: string;
    name: string;
    content_hash: string;
    assignments_hash: string;
    setting_count: number;
    artifact: string;
    last_modified: string | null;
    position: number;
  };
}
