import { FindingAcknowledged, FindingReopened } from '../../../src/entities/finding/finding.js';
import type { JsonObject } from '../../../src/ledger/canonical-json.js';
import type { RecordedOf } from '../../../src/ledger/event-registry.js';
import { isEvent } from '../../../src/ledger/event-registry.js';
import { FindingsDetected } from '../../../src/operations/drift-generate/drift-events.js';
import { RunCompleted } from '../../../src/runs/run-events.js';
import { isUsable } from '../../../src/runs/status-bucket.js';
import { bigint, boolean, integer, jsonb, nullable, text, uuid } from '../../engine/columns.js';
import { defineModel } from '../../engine/model.js';
import { defineTable, type RowOf } from '../../engine/table.js';
import { runOf, subjectOf, tenantOf, timeOf } from '../event-facts.js';
import { runsTable } from './runs.js';

/** Each detection of a finding by a run. A run detects a finding at most once. */
export const findingDetectionsTable = defineTable({
  name: 'finding_detections',
  columns: {
    tenant_id: uuid(),
    run_id: text(),
    fingerprint: text(),
    item_id: text(),
    at: bigint(),
    position: bigint(),
  },
  key: ['tenant_id', 'run_id', 'fingerprint'],
  access: 'tenant',
});

export const findingDetections = defineModel({
  table: findingDetectionsTable,
  wants: [FindingsDetected],
  finalAfter: 'run',
  keys: (event) => event.data.findings.map(({ fingerprint }) => ({ ...runOf(event), fingerprint })),
  fold(event, rows) {
    const { tenant_id, run_id } = runOf(event);
    const at = timeOf(event);
    for (const { fingerprint, itemId: item_id } of event.data.findings)
      if (!rows.get({ tenant_id, run_id, fingerprint }))
        rows.put({ tenant_id, run_id, fingerprint, item_id, at, position: event.position });
  },
});

export const findingsTable = defineTable({
  name: 'findings',
  columns: {
    tenant_id: uuid(),
    fingerprint: text(),
    status: text<'new' | 'acknowledged'>(),
    status_at: nullable(bigint()),
    status_by: nullable(text()),
    /** What the person who set the status wrote about it. */
    status_note: nullable(text()),
    kind: text(),
    policy_type: text(),
    subject_id: text(),
    subject_id_before: nullable(text()),
    name: text(),
    name_before: nullable(text()),
    recreated: boolean(),
    /** Findings of other types under the same exact name: fingerprint, policy type and subject of each. */
    counterparts: jsonb<JsonObject[]>(),
    /** The fingerprint under which this finding continues after a change of the comparing rules. */
    continued_as: nullable(text()),
    scope_key: text(),
    evidence: jsonb<JsonObject>(),
    first_run_id: text(),
    first_detected_at: bigint(),
    last_run_id: text(),
    last_detected_at: bigint(),
    detections: integer(),
    baseline_run_id: text(),
    current_run_id: text(),
    first_position: bigint(),
  },
  key: ['tenant_id', 'fingerprint'],
  indexes: [
    '(tenant_id, first_position desc, fingerprint desc)',
    '(tenant_id, status, first_position desc, fingerprint desc)',
    // For the findings about one policy.
    '(tenant_id, policy_type, subject_id, first_position desc)',
  ],
  access: 'tenant',
});

type FindingRow = RowOf<typeof findingsTable>;

/**
 * A finding has one row for ever, found by its fingerprint. A new detection keeps its status and its first detection
 * and replaces its evidence. A finding that earlier comparing rules gave another fingerprint continues under the new
 * one.
 */
export const findings = defineModel({
  table: findingsTable,
  foldVersion: 2,
  wants: [FindingsDetected, FindingAcknowledged, FindingReopened],
  addressed: { kind: 'finding', column: 'fingerprint' },
  keys(event) {
    const tenant_id = tenantOf(event);
    if (isEvent(event, FindingsDetected))
      return event.data.findings
        .flatMap(({ fingerprint, formerFingerprints }) => [fingerprint, ...formerFingerprints])
        .map((fingerprint) => ({ tenant_id, fingerprint }));
    return [{ tenant_id, fingerprint: subjectOf(event) }];
  },
  fold(event, rows, rowsOf) {
    if (isEvent(event, FindingsDetected)) {
      const fresh = new Set(
        rowsOf(findingDetectionsTable)
          .added()
          .map(({ fingerprint }) => fingerprint),
      );
      for (const finding of event.data.findings) {
        // Each finding counts once, even if the event names it twice.
        if (!fresh.delete(finding.fingerprint)) continue;
        const row = (fingerprint: string) => rows.get({ tenant_id: tenantOf(event), fingerprint });
        const former = finding.formerFingerprints.map(row).filter((known) => known !== undefined);
        const known = row(finding.fingerprint) ?? former[0];
        rows.put(detected(event, finding, known));
        for (const past of former) rows.put({ ...past, continued_as: finding.fingerprint });
      }
      return;
    }
    // A finding that was never detected has no row.
    const known = rows.get({ tenant_id: tenantOf(event), fingerprint: subjectOf(event) });
    if (!known) return;
    rows.put({
      ...known,
      status: isEvent(event, FindingAcknowledged) ? 'acknowledged' : 'new',
      status_at: timeOf(event),
      status_by: event.envelope.actorId,
      status_note: event.data.note,
    });
  },
});

type Detection = RecordedOf<typeof FindingsDetected>;

function detected(
  event: Detection,
  finding: Detection['data']['findings'][number],
  known: FindingRow | undefined,
): FindingRow {
  const { scopeKey, baselineRunId, currentRunId } = event.data;
  const { tenant_id, run_id } = runOf(event);
  const at = timeOf(event);
  return {
    tenant_id,
    fingerprint: finding.fingerprint,
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
    counterparts: finding.counterparts,
    continued_as: null,
    scope_key: scopeKey,
    evidence: finding.evidence,
    first_run_id: known?.first_run_id ?? run_id,
    first_detected_at: known?.first_detected_at ?? at,
    last_run_id: run_id,
    last_detected_at: at,
    detections: (known?.detections ?? 0) + 1,
    baseline_run_id: baselineRunId,
    current_run_id: currentRunId,
    first_position: known?.first_position ?? event.position,
  };
}

/** The newest comparison of two inventories of each scope that ended with something to show. */
export const driftComparisonsTable = defineTable({
  name: 'drift_comparisons',
  columns: {
    tenant_id: uuid(),
    run_id: text(),
    scope_key: text(),
    baseline_run_id: text(),
    current_run_id: text(),
    /** The outcome in words: how many findings in how many policies, and how many policies could not be compared. */
    summary: text(),
    not_comparable: integer(),
    finished_at: bigint(),
    position: bigint(),
  },
  key: ['tenant_id', 'scope_key'],
  indexes: ['(tenant_id, position desc)'],
  access: 'tenant',
});

export const driftComparisons = defineModel({
  table: driftComparisonsTable,
  wants: [RunCompleted],
  fold(event, rows, rowsOf) {
    const key = runOf(event);
    const run = rowsOf(runsTable).get(key);
    if (run?.type !== 'drift.generate' || !isUsable(run.bucket)) return;
    const { scopeKey, baselineRunId, currentRunId } = run.context;
    rows.put({
      ...key,
      scope_key: String(scopeKey),
      baseline_run_id: String(baselineRunId),
      current_run_id: String(currentRunId),
      summary: event.data.summary,
      not_comparable: run.skipped,
      finished_at: timeOf(event),
      position: event.position,
    });
  },
});
