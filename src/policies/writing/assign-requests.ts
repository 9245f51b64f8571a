import type { Json, JsonObject } from '../../ledger/canonical-json.js';
import { isJsonObject } from '../../ledger/json-values.js';
import type { AssignWriting } from '../catalogue/policy-writing.js';
import { assignmentsDiffer } from './differing-parts.js';
import type { WriteRequest } from './write-plan.js';

/** Assignments that were made to the policy itself; those of a policy set belong to the set. */
export function directAssignments(assignments: readonly JsonObject[]): readonly JsonObject[] {
  return assignments.filter(({ source }) => (source ?? 'direct') === 'direct');
}

/** Whether one of the assignments is an exclusion. */
export function hasExclusion(assignments: readonly JsonObject[]): boolean {
  return assignments.some(
    ({ target }) => isJsonObject(target) && String(target['@odata.type']).includes('exclusionGroup'),
  );
}

/** The requests that replace a policy's assignments by the wanted ones. */
export function assignRequests(
  assign: AssignWriting,
  address: string,
  wanted: readonly JsonObject[],
  live: readonly JsonObject[],
): readonly WriteRequest[] {
  if (!assignmentsDiffer(live, wanted)) return [];
  if (assign.kind === 'action') {
    const body = { [assign.list]: wanted.map(assignmentBody) };
    return [{ what: 'assign', method: 'POST', path: `${address}/${assign.action}`, body }];
  }
  const missingIn = (others: readonly JsonObject[]) => (row: JsonObject) =>
    !others.some((other) => !assignmentsDiffer([row], [other]));
  const path = `${address}/assignments`;
  return [
    ...wanted
      .filter(missingIn(live))
      .map((row): WriteRequest => ({ what: 'assign', method: 'POST', path, body: assignmentBody(row) })),
    ...live.filter(missingIn(wanted)).map(
      ({ id }): WriteRequest => ({
        what: 'assign',
        method: 'DELETE',
        path: `${path}/${encodeURIComponent(String(id))}`,
        body: null,
      }),
    ),
  ];
}

/** An assignment without its own ids and source. */
function assignmentBody(assignment: JsonObject): JsonObject {
  const { id: _id, source: _source, sourceId: _sourceId, ...rest } = assignment;
  return withoutAnnotations(rest) as JsonObject;
}

function withoutAnnotations(value: Json): Json {
  if (Array.isArray(value)) return value.map(withoutAnnotations);
  if (!isJsonObject(value)) return value;
  const kept = Object.entries(value).filter(([key]) => key === '@odata.type' || !key.includes('@odata.'));
  return Object.fromEntries(kept.map(([key, inner]) => [key, withoutAnnotations(inner)]));
}
