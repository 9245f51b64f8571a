import type { JsonObject } from '../../../src/ledger/canonical-json.js';
import type { RowSet } from '../../engine/row-set.js';
import { defineTable } from '../../engine/table.js';
import { type EventOf, runOf, subjectOf, tenantOf, timeOf } from '../event-facts.js';
import type { HubTables } from '../tables.js';

export type FindingRow = HubTables['findings'];
export type FindingDetectionRow = HubTables['finding_detections'];

export const findingsTable = defineTable<FindingRow>({
  name: 'findings',
  columns: {
    tenant_id: 'uuid not null',
    fingerprint: 'text not null',
    status: 'text not null',
    status_at: 'bigint null',
    status_by: 'text null',
    status_note: 'text null',
    kind: 'text not null',
    policy_type: 'text not null',
    subject_id: 'text not null',
    subject_id_before: 'text null',
    name: 'text not null',
    name_before: 'text null',
    recreated: 'boolean not null',
    scope_key: 'text not null',
    evidence: 'jsonb not null',
    first_run_id: 'text not null',
    first_detected_at: 'bigint not null',
    last_run_id: 'text not null',
    last_detected_at: 'bigint not null',
    detections: 'integer not null',
    baseline_run_id: 'text not null',
    current_run_id: 'text not null',
    first_position: 'bigint not null',
  },
  key: ['tenant_id', 'fingerprint'],
  indexes: [
    '(tenant_id, first_position desc)',
    '(tenant_id, status, first_position desc)',
    '(tenant_id, scope_key, first_position desc)',
  ],
  access: 'tenant',
});

export const findingDetectionsTable = defineTable<FindingDetectionRow>({
  name: 'finding_detections',
  columns: {
    tenant_id: 'uuid not null',
    run_id: 'text not null',
    fingerprint: 'text not null',
    item_id: 'text not null',
    at: 'bigint not null',
    position: 'bigint not null',
  },
  key: ['tenant_id', 'run_id', 'fingerprint'],
  indexes: ['(tenant_id, fingerprint, position desc)'],
  access: 'tenant',
});

interface FindingRows {
  readonly findings: RowSet<FindingRow>;
  readonly finding_detections: RowSet<FindingDetectionRow>;
}

/**
 * A finding is one row for ever, known by its fingerprint: detecting it again keeps its status and its first
 * detection, and brings the newest evidence. A run detects a finding once, however often it says so.
 */
export function foldDetections(event: EventOf<'FindingsDetected'>, rows: FindingRows): void {
  const { scopeKey, baselineRunId, currentRunId } = event.data;
  const { tenant_id, run_id } = runOf(event);
  const { position } = event;
  const at = timeOf(event);
  for (const finding of event.data.findings) {
    const { fingerprint } = finding;
    if (rows.finding_detections.get({ tenant_id, run_id, fingerprint })) continue;
    rows.finding_detections.put({ tenant_id, run_id, fingerprint, item_id: finding.itemId, at, position });
    const known = rows.findings.get({ tenant_id, fingerprint });
    rows.findings.put({
      tenant_id,
      fingerprint,
      status: known?.status ?? 'new',
      status_at: known?.status_at ?? null,
      status_by: known?.status_by ?? null,
      status_note: known?.status_note ?? null,
      kind: finding.kind,
      policy_type: finding.policyType,
      subject_id: finding.subjectId,
      subject_id_before: finding.subjectIdBefore,
      name: finding.name,
      name_before: finding.nameBefore,
      recreated: finding.recreated,
      scope_key: scopeKey,
      evidence: finding.evidence,
      first_run_id: known?.first_run_id ?? run_id,
      first_detected_at: known?.first_detected_at ?? at,
      last_run_id: run_id,
      last_detected_at: at,
      detections: (known?.detections ?? 0) + 1,
      baseline_run_id: baselineRunId,
      current_run_id: currentRunId,
      first_position: known?.first_position ?? position,
    } satisfies FindingRow & { evidence: JsonObject });
  }
}

/** A person acknowledged a finding or opened it again. One that was never detected has no row to change. */
export function foldFindingStatus(
  event: EventOf<'FindingAcknowledged' | 'FindingReopened'>,
  rows: RowSet<FindingRow>,
): void {
  const known = rows.get({ tenant_id: tenantOf(event), fingerprint: subjectOf(event) });
  if (!known) return;
  const status = event.type === 'FindingAcknowledged' ? 'acknowledged' : 'new';
  rows.put({
    ...known,
    status,
    status_at: timeOf(event),
    status_by: event.envelope.actorId,
    status_note: event.data.note,
  });
}
