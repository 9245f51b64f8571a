import { type AuditArea, auditAreaOf, isAudited } from '../../../src/audit/audited.js';
import { ENTITIES } from '../../../src/entities/registry.js';
import type { JsonObject } from '../../../src/ledger/canonical-json.js';
import type { RecordedEvent } from '../../../src/ledger/event-registry.js';
import { parseStream } from '../../../src/ledger/streams.js';
import { bigint, integer, json, nullable, text, uuid } from '../../engine/columns.js';
import { defineModel, everyEventOf } from '../../engine/model.js';
import { defineTable } from '../../engine/table.js';
import { timeOf } from '../event-facts.js';
import { runsTable } from './runs.js';

/** Longest details of an act that are kept, in characters of JSON; the event itself has all of them. */
const DETAILS_MAX = 4_000;

/** The acts of persons and programs, written once and never changed (A1). */
const auditEntriesTable = defineTable({
  name: 'audit_entries',
  columns: {
    tenant_id: uuid(),
    event_id: uuid(),
    position: bigint(),
    /** Orders entries of one position; events that were appended together are in one stream. */
    revision: integer(),
    at: bigint(),
    actor_kind: text(),
    actor_id: text(),
    /** Type of the event that recorded the act. */
    act: text(),
    area: text<AuditArea>(),
    /** `minor`: own settings and read marks. */
    importance: text<'normal' | 'minor'>(),
    /** Id of the run, finding, person or token that the act changed; null where there is none. */
    subject_id: nullable(text()),
    /** The subject's name at that time; null for persons, whose names are not in the log. */
    subject: nullable(text()),
    /** `done`; for a run that ended, its bucket; for a change in the tenant, its outcome. */
    result: text(),
    reason_code: nullable(text()),
    details: json<JsonObject>(),
    /** The version of the event's schema. */
    schema_version: integer(),
    correlation_id: text(),
  },
  key: ['tenant_id', 'event_id'],
  indexes: [
    '(tenant_id, position desc, revision desc)',
    '(tenant_id, actor_id, position desc, revision desc)',
    '(tenant_id, area, position desc, revision desc)',
    '(tenant_id, subject_id, position desc, revision desc) where subject_id is not null',
  ],
  access: 'tenant',
});

/** Every act of a tenant. Comes after `runs` in the list, because it reads their titles and results. */
export const auditEntries = defineModel({
  table: auditEntriesTable,
  wants: everyEventOf(...ENTITIES.map(({ category }) => category)),
  finalAfter: 'event',
  fold(event, rows, rowsOf) {
    const { envelope, raw } = event;
    const { tenantId } = envelope;
    if (tenantId === undefined) return;
    const actor = { kind: envelope.actorKind, id: envelope.actorId };
    if (!isAudited({ type: event.type, actor })) return;
    const data = raw.data as JsonObject;
    const runId = envelope.runId;
    const run =
      runId === undefined ? undefined : rowsOf(runsTable).get({ tenant_id: tenantId, run_id: runId });
    if (runId !== undefined && !run && parseStream(event.stream)?.category === 'operation') return;
    rows.put({
      tenant_id: tenantId,
      event_id: event.id,
      position: event.position,
      revision: event.revision,
      at: timeOf(event),
      actor_kind: actor.kind,
      actor_id: actor.id,
      act: event.type,
      area: auditAreaOf(parseStream(event.stream)?.category ?? ''),
      importance: importanceOf(event),
      subject_id: runId ?? idIn(data) ?? subjectInStream(event.stream),
      subject: run?.title ?? nameIn(data),
      result: RUN_ENDS.has(event.type) && run ? run.bucket : (wordIn(data, 'outcome') ?? 'done'),
      reason_code: wordIn(data, 'reasonCode'),
      details: detailsOf(event.type, data),
      schema_version: envelope.schemaVersion,
      correlation_id: envelope.$correlationId,
    });
  },
});

const RUN_ENDS = new Set(['RunCompleted', 'RunFailed', 'RunAborted']);

/** Own settings and read marks are minor; they are recorded in streams of the person. */
const importanceOf = ({ stream }: RecordedEvent): 'normal' | 'minor' =>
  parseStream(stream)?.category === 'member' ? 'minor' : 'normal';

const wordIn = (data: JsonObject, field: string): string | null => {
  const value = data[field];
  return typeof value === 'string' && value !== '' ? value : null;
};
const idIn = (data: JsonObject): string | null => wordIn(data, 'personId') ?? wordIn(data, 'tokenId');
const nameIn = (data: JsonObject): string | null => wordIn(data, 'name') ?? wordIn(data, 'what');

/** The subject in the name of a stream, as of a finding; null for a person's own stream. */
function subjectInStream(stream: string): string | null {
  const parsed = parseStream(stream);
  const dot = parsed?.id.indexOf('.') ?? -1;
  return parsed && dot >= 0 && parsed.category !== 'member' ? parsed.id.slice(dot + 1) : null;
}

/** For a start its scope and input, for any other act the event's data; nothing when that is too long. */
function detailsOf(type: string, data: JsonObject): JsonObject {
  const details = type === 'RunQueued' ? { type: data.type ?? null, scope: data.scope ?? null } : data;
  const length = JSON.stringify(details).length;
  return length <= DETAILS_MAX ? details : { characters: length };
}
