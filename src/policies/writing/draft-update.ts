import type { Json, JsonObject } from '../../ledger/canonical-json.js';
import { withoutFields } from '../../ledger/json-values.js';
import { linkNamesOf, policyName, readOnlyFieldsOf } from '../catalogue/policy-types.js';
import type { PolicyDocument } from '../policy-document.js';
import { DEFAULT_SCOPE_TAG, SCOPE_TAG_FIELDS } from '../references.js';
import { assignRequests, directAssignments } from './assign-requests.js';
import { catalogSettings, definitionValuesRequest, intentSettingsRequests } from './content-requests.js';
import { assignmentsDiffer, differingParts } from './differing-parts.js';
import { type Draft, type DraftInput, pastDateLimit, pick, readOnlyLimits } from './draft.js';
import { linkRequests } from './link-requests.js';
import { partRequests } from './part-requests.js';
import { holdsPastDate } from './past-dates.js';
import { collectionPath, createFields, sendable } from './sendable.js';
import type { WriteLimit, WriteRequest } from './write-plan.js';

/** The parts that differ, by how they are written. */
interface SortedParts {
  readonly own: readonly string[];
  readonly links: readonly string[];
  readonly parts: ReadonlySet<string>;
  readonly content: boolean;
  readonly limits: readonly WriteLimit[];
}

/** Drafts the requests that turn a live policy into the wanted one; none where they compare equal. */
export function draftUpdate(input: DraftInput & { readonly live: PolicyDocument }): Draft {
  const { type, writing, wanted, live, graphRoot } = input;
  const address = `${collectionPath(type, live.raw)}/${encodeURIComponent(String(live.raw.id))}`;
  const sorted = sortedParts(input);
  const rows = { type, address, wanted: wanted.settings ?? [], live: live.settings ?? [] };
  const update = updateRequest(input, sorted, address);
  const requests: WriteRequest[] = update ? [update] : [];
  const limits: WriteLimit[] = [...sorted.limits];
  if (sorted.content && writing.content === 'updateDefinitionValues')
    requests.push(definitionValuesRequest(rows, graphRoot));
  if (sorted.content && writing.content === 'updateSettings') {
    const drafted = intentSettingsRequests(rows);
    requests.push(...drafted.requests);
    limits.push(...drafted.limits);
  }
  for (const part of writing.parts)
    if (sorted.parts.has(part.name)) requests.push(...partRequests({ type, address, wanted, live }, part));
  for (const name of sorted.links) requests.push(...linkRequests(name, { address, wanted, live, graphRoot }));
  const assigned = assigning(input, address);
  const isWhole = update?.method === 'PUT';
  const changed = [...sorted.own, ...sorted.parts, ...(sorted.content ? ['settings'] : [])];
  return {
    requests: [...requests, ...assigned.requests],
    limits: [...limits, ...assigned.limits],
    written: new Set([...changed, ...sorted.links, ...(assigned.requests.length > 0 ? ['assignments'] : [])]),
    sent: {
      ...(isWhole
        ? withoutFields(wanted.raw, [
            ...writing.fixed,
            ...readOnlyFieldsOf(type, writing, wanted.raw),
            ...writing.computed,
          ])
        : {}),
      ...pick({ ...wanted.raw, ...wanted.attached, settings: [...rows.wanted] } as JsonObject, changed),
    },
  };
}

function updateRequest(
  { type, writing, wanted, live }: DraftInput & { readonly live: PolicyDocument },
  { own, content }: SortedParts,
  address: string,
): WriteRequest | null {
  const putsContent = content && writing.content === 'put';
  if (own.length === 0 && !putsContent) return null;
  const what = 'update';
  if (!putsContent && writing.update === 'PATCH') {
    const { '@odata.type': odataType = null } = live.raw;
    const entries = own.map((field) => [
      field,
      sendable(type, wanted.raw[field] ?? nothingFor(live.raw[field]), field, writing.sentAsId),
    ]);
    const typed = writing.typed ? { '@odata.type': odataType } : {};
    return { what, method: 'PATCH', path: address, body: { ...typed, ...Object.fromEntries(entries) } };
  }
  const apart = [...writing.fixed, ...writing.parts.map(({ name }) => name)];
  const fields = createFields(type, writing, withoutFields(wanted.raw, apart));
  const settings =
    writing.content === 'put' ? { settings: catalogSettings(type, wanted.settings ?? []) } : {};
  return { what, method: 'PUT', path: address, body: { ...fields, ...settings } };
}

/** The value that clears a field. Graph doesn't accept null for a list. */
const nothingFor = (value: Json | undefined): Json => (Array.isArray(value) ? [] : null);

/** Values that Graph gives to choices that nobody has made. */
const NEUTRAL: ReadonlySet<Json | undefined> = new Set([
  'notConfigured',
  'deviceDefault',
  'userDefined',
  'none',
]);

/**
 * Whether the snapshot lacks a field that can't be cleared, because Graph got the field after the policy was captured.
 * Graph accepts null neither for a boolean nor for a choice, and gives a policy without scope tags the default one.
 */
function isUncaptured(field: string, wanted: JsonObject, live: JsonObject): boolean {
  const value = live[field];
  const isNeutral = NEUTRAL.has(value) || (SCOPE_TAG_FIELDS.includes(field) && isDefaultTag(value));
  return wanted[field] === undefined && (typeof value === 'boolean' || isNeutral);
}

const isDefaultTag = (tags: Json | undefined): boolean =>
  Array.isArray(tags) && tags.length === 1 && tags[0] === DEFAULT_SCOPE_TAG;

function sortedParts({
  type,
  writing,
  wanted,
  live,
  now,
}: DraftInput & { readonly live: PolicyDocument }): SortedParts {
  const { fields, content } = differingParts(type, live, wanted);
  const named = (names: readonly string[]) => names.filter((name) => fields.has(name));
  const takes = writing.provided?.is(live.raw) ? writing.provided.takes : null;
  if (takes === 'assign' && writing.provided) {
    const limits = [...fields].map(
      (field): WriteLimit => ({
        kind: 'provided_by_microsoft',
        field,
        reasonCode: null,
        reason: `It is ${writing.provided?.what}, and only its assignments can be set.`,
      }),
    );
    return { own: [], links: [], parts: new Set(), content: false, limits };
  }
  const links = named(linkNamesOf(type, live.raw));
  const parts = named(writing.parts.map(({ name }) => name));
  const readOnly = named(readOnlyFieldsOf(type, writing, live.raw));
  const fixed = named(writing.typed ? [...writing.fixed, '@odata.type'] : writing.fixed);
  const past = named(writing.datesAhead).filter((field) => holdsPastDate(wanted.raw[field] ?? null, now));
  const known = new Set([...links, ...parts, ...readOnly, ...fixed, ...past, ...writing.computed]);
  const open = [...fields].filter((field) => !known.has(field));
  const uncaptured =
    writing.update === 'PATCH' ? open.filter((field) => isUncaptured(field, wanted.raw, live.raw)) : [];
  const nameless = open.filter((field) => field === type.nameField && policyName(type, wanted.raw) === '');
  const isWhole = writing.update === 'PUT' || (content && writing.content === 'put');
  return {
    own: open.filter((field) => !uncaptured.includes(field) && !nameless.includes(field)),
    links,
    parts: new Set(parts),
    content,
    limits: [
      ...readOnlyLimits(type, live.raw, readOnly),
      ...fixed.map(fixedLimit),
      ...past.map((field) => pastDateLimit(field, 'it stays as it is.')),
      ...nameless.map((field) => namelessLimit(field, isWhole)),
      ...uncaptured.map(
        (field): WriteLimit => ({
          kind: 'not_captured',
          field,
          reasonCode: null,
          reason: `The snapshot doesn’t say what “${field}” was, so it stays as it is.`,
        }),
      ),
    ],
  };
}

/** `isWhole`: the policy is written with all of its fields, so the name can't be left out. */
function namelessLimit(field: string, isWhole: boolean): WriteLimit {
  const reason = 'The snapshot has no name, and Graph takes no policy without one';
  return {
    kind: 'content_missing',
    field,
    reasonCode: isWhole ? 'not_restorable' : null,
    reason: isWhole ? `${reason}.` : `${reason}: the name stays as it is.`,
  };
}

function fixedLimit(field: string): WriteLimit {
  const isType = field === '@odata.type';
  return {
    kind: 'cannot_change',
    field,
    reasonCode: isType ? 'not_restorable' : null,
    reason: isType
      ? 'The policy that is there is of another kind, and Graph can’t change the kind of a policy.'
      : `Graph can’t change “${field}” of a policy that is there, so it stays as it is.`,
  };
}

function assigning(
  { writing, wanted, live, includeAssignments }: DraftInput & { readonly live: PolicyDocument },
  address: string,
): Pick<Draft, 'requests' | 'limits'> {
  if (!includeAssignments || writing.assign === null) return { requests: [], limits: [] };
  const [before, after] = [directAssignments(live.assignments), directAssignments(wanted.assignments)];
  const requests = assignRequests(writing.assign, address, after, before);
  const limits: WriteLimit[] = [];
  const inherited = ({ assignments }: PolicyDocument, direct: readonly JsonObject[]) =>
    assignments.filter((assignment) => !direct.includes(assignment));
  if (assignmentsDiffer(inherited(live, before), inherited(wanted, after)))
    limits.push({
      kind: 'inherited_assignment',
      field: 'assignments',
      reasonCode: null,
      reason: 'Assignments that a policy set makes are changed by the policy set alone.',
    });
  if (requests.length > 0 && writing.provided?.is(live.raw) && writing.provided.takes === 'update') {
    limits.push({
      kind: 'provided_by_microsoft',
      field: 'assignments',
      reasonCode: null,
      reason: `It is ${writing.provided.what}, and its assignments can’t be set.`,
    });
    return { requests: [], limits };
  }
  return { requests, limits };
}
