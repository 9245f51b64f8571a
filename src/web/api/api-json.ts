import { counterpartsOf, type FindingRow, policyTypeLabel, recordedEvidence } from '../hub/finding-list.js';
import type { RunEventRow } from '../hub/run-history.js';
import type { RunItemRow } from '../hub/run-items.js';
import type { RunRow } from '../hub/run-order.js';

/** The API's JSON for rows of the read models. Times are UTC in ISO 8601. A name never changes its meaning. */

const iso = (at: number | null): string | null => (at === null ? null : new Date(at).toISOString());

/** A run as the API answers it. */
export const runJson = (run: RunRow) => ({
  id: run.run_id,
  number: run.queued_position,
  tenantId: run.tenant_id,
  type: run.type,
  title: run.title,
  status: run.lifecycle,
  bucket: run.bucket,
  initiator: { kind: run.initiator_kind, id: run.initiator_id, name: run.initiator_name },
  scope: run.scope,
  counts: {
    total: run.total,
    processed: run.processed,
    succeeded: run.succeeded,
    failed: run.failed,
    skipped: run.skipped,
  },
  attempt: run.attempt,
  createdAt: iso(run.created_at),
  startedAt: iso(run.started_at),
  finishedAt: iso(run.finished_at),
  reasonCode: run.reason_code,
  reason: run.reason,
  summary: run.summary,
  causedByRunId: run.caused_by_run_id,
  correlationId: run.correlation_id,
  revision: run.last_revision,
  events: run.events,
});

/** An event of a run as the API answers it. */
export const eventJson = (event: RunEventRow) => ({
  revision: event.revision,
  position: event.position,
  id: event.event_id,
  type: event.type,
  at: iso(event.at),
  actor: { kind: event.actor_kind, id: event.actor_id },
  attempt: event.attempt,
  data: event.data,
  metadata: event.metadata,
});

/** An item of a run as the API answers it. */
export const itemJson = (item: RunItemRow) => ({
  itemId: item.item_id,
  label: item.label,
  outcome: item.outcome,
  reasonCode: item.reason_code,
  reason: item.reason,
  subject: item.subject_id === null ? null : { type: item.subject_type, id: item.subject_id },
  attempt: item.attempt,
  at: iso(item.at),
});

/** A finding with its evidence as the API answers it. */
export function findingJson(finding: FindingRow) {
  const { omitted, ...evidence } = recordedEvidence(finding);
  return {
    fingerprint: finding.fingerprint,
    kind: finding.kind,
    status: finding.status,
    policyType: finding.policy_type,
    policyTypeLabel: policyTypeLabel(finding.policy_type),
    name: finding.name,
    nameBefore: finding.name_before,
    recreated: finding.recreated,
    subjectId: finding.subject_id,
    subjectIdBefore: finding.subject_id_before,
    counterparts: counterpartsOf(finding),
    ...evidence,
    settingsOmitted: omitted,
    firstDetectedAt: iso(finding.first_detected_at),
    lastDetectedAt: iso(finding.last_detected_at),
    detections: finding.detections,
  };
}
