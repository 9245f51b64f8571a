import type { JsonObject } from '../../ledger/canonical-json.js';
import { withoutFields } from '../../ledger/json-values.js';
import { linkNamesOf, policyName, readOnlyFieldsOf } from '../catalogue/policy-types.js';
import { comparisonKey } from '../comparable-form.js';
import { normalizePolicy } from '../normalize-policy.js';
import { assignRequests, directAssignments } from './assign-requests.js';
import { catalogSettings, definitionValuesRequest, intentSettings } from './content-requests.js';
import { type Draft, type DraftInput, pastDateLimit, readOnlyLimits } from './draft.js';
import { linkBindings } from './link-requests.js';
import { partRequests } from './part-requests.js';
import { holdsPastDate } from './past-dates.js';
import { collectionPath, createFields, listRows } from './sendable.js';
import { CREATED_ID, type WriteLimit, type WriteRequest } from './write-plan.js';

/** Drafts the requests that create a policy, with its content and assignments. */
export function draftCreate(input: DraftInput): Draft {
  const { type, writing, wanted, snapshot, includeAssignments, now, graphRoot } = input;
  const past = writing.datesAhead.filter((field) => holdsPastDate(wanted.raw[field] ?? null, now));
  const raw = withoutFields(wanted.raw, past);
  const address = `${collectionPath(type, raw)}/${CREATED_ID}`;
  const assignments = includeAssignments ? directAssignments(wanted.assignments) : [];
  const rows = wanted.settings ?? [];
  const requests: WriteRequest[] = [createRequest(input, raw)];
  if (writing.content === 'updateDefinitionValues' && rows.length > 0)
    requests.push(definitionValuesRequest({ type, address, wanted: rows, live: [] }, graphRoot));
  for (const part of writing.parts)
    if (!part.inCreate && listRows(wanted, part.name).length > 0)
      requests.push(...partRequests({ type, address, wanted, live: null }, part));
  if (writing.assign) requests.push(...assignRequests(writing.assign, address, assignments, []));
  const normal = normalizePolicy(type, snapshot);
  const readOnly = readOnlyFieldsOf(type, writing, raw);
  const set = readOnly.filter((field) => isSet(snapshot.raw[field] ?? normal[field]));
  return {
    requests,
    limits: [
      ...forbidden(input),
      ...readOnlyLimits(type, snapshot.raw, set),
      ...past.map((field) => pastDateLimit(field, 'the policy takes effect at once.')),
    ],
    written: new Set([
      ...Object.keys(raw),
      ...Object.keys(wanted.attached ?? {}),
      ...(rows.length > 0 ? ['settings'] : []),
      ...(assignments.length > 0 ? ['assignments'] : []),
    ]),
    sent: {
      ...withoutFields(raw, [...readOnly, ...writing.computed]),
      settings: [...rows],
      ...wanted.attached,
    } as JsonObject,
  };
}

function createRequest(
  { type, writing, wanted, mode, copyName, graphRoot }: DraftInput,
  raw: JsonObject,
): WriteRequest {
  const own = createFields(type, writing, raw);
  if (mode === 'copy') own[type.nameField] = copyName;
  const create = { what: 'create', method: 'POST' } as const;
  if (writing.content === 'updateSettings') {
    const { displayName = null, description = null, roleScopeTagIds, templateId } = own;
    const body = {
      displayName,
      description,
      ...(roleScopeTagIds === undefined ? {} : { roleScopeTagIds }),
      settingsDelta: intentSettings(type, wanted.settings ?? []),
    };
    const template = encodeURIComponent(String(templateId));
    return { ...create, path: `deviceManagement/templates/${template}/createInstance`, body };
  }
  const settings =
    writing.content === 'put' ? { settings: catalogSettings(type, wanted.settings ?? []) } : {};
  const body = { ...own, ...settings, ...linkBindings(wanted, linkNamesOf(type, raw), graphRoot) };
  return { ...create, path: collectionPath(type, raw), body };
}

function forbidden({ type, writing, snapshot, mode }: DraftInput): readonly WriteLimit[] {
  const limits: WriteLimit[] = [];
  if (mode !== 'copy' && policyName(type, snapshot.raw) === '')
    limits.push({
      kind: 'content_missing',
      field: type.nameField,
      reasonCode: 'not_restorable',
      reason: 'It has no name, and Graph creates no policy without one.',
    });
  if (writing.provided?.is(snapshot.raw))
    limits.push({
      kind: 'provided_by_microsoft',
      field: 'id',
      reasonCode: 'not_restorable',
      reason: `It is ${writing.provided.what}, and nobody can create another one.`,
    });
  if (writing.needed && !writing.needed.isIn(snapshot.raw))
    limits.push({
      kind: 'content_missing',
      field: 'scheduledActionsForRule',
      reasonCode: 'not_restorable',
      reason: `The snapshot doesn’t hold ${writing.needed.what}, without which Graph creates no policy of this kind.`,
    });
  return limits;
}

/** Whether a value is more than empty or false, which are the defaults. */
function isSet(value: unknown): boolean {
  if (value === undefined || value === false) return false;
  return comparisonKey(value as JsonObject, '') !== null;
}
