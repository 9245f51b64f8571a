import { REFERENCE_SOURCES } from '../../policies/catalogue/references.js';
import { SET_MEMBERS } from '../../policies/catalogue/set-members.js';
import { DEFAULT_SCOPE_TAG, referencesOf, SCOPE_TAG_FIELDS } from '../../policies/references.js';
import { FILTERS_PATH, GROUPS_PATH, SCOPE_TAGS_PATH } from './collections.js';
import { type GraphAnswer, intuneError, odataError } from './graph-answer.js';
import { type GraphObject, type GraphValue, isGraphObject, textOf } from './graph-value.js';
import { badRequest, type WriteContext } from './write-context.js';

/** What Graph refuses in the body of a write. */

/** Fields that Graph refuses for every type. */
const READ_ONLY = [
  'createdDateTime',
  'lastModifiedDateTime',
  'settingCount',
  'isAssigned',
  'supportsScopeTags',
];
/** Kinds of which Graph refuses ids that it doesn't have, besides those that have rules of their own. */
const REFUSED_UNKNOWN = new Set(['app', ...SET_MEMBERS.map(({ kind }) => kind)]);

/** The refusal of a create, or null. */
export function refusedCreate(context: WriteContext, body: unknown): GraphAnswer | null {
  const { collection } = context;
  if (!isGraphObject(body)) return emptyPayload();
  if (textOf(body, collection.nameField) === null)
    return badRequest(context, `${collection.nameField} must not be empty`);
  const writing = collection.type?.writing;
  if (collection.polymorphic && collection.derivedType === null && textOf(body, '@odata.type') === null)
    return badRequest(context, 'Cannot create an abstract class.');
  if (writing?.needed && !writing.needed.isIn(body))
    return badRequest(context, `The policy must have ${writing.needed.what}`);
  return refusedFields(context, body) ?? refusedName(context, body, null);
}

/** The refusal of a PATCH or PUT, or null. */
export function refusedUpdate(
  context: WriteContext,
  before: GraphObject,
  body: unknown,
  method: 'PATCH' | 'PUT',
): GraphAnswer | null {
  const { collection } = context;
  if (!isGraphObject(body)) return emptyPayload();
  const writing = collection.type?.writing;
  if (method === 'PUT' && writing?.content !== 'put' && writing?.update !== 'PUT')
    return odataError(400, 'BadRequest', "No OData route exists that match template with http verb 'PUT'.");
  const type = textOf(body, '@odata.type');
  if (writing?.typed && collection.polymorphic && collection.derivedType === null && type === null)
    return badRequest(context, 'The entity type must be given');
  if (type !== null && collection.polymorphic && type !== before['@odata.type'])
    return badRequest(context, 'The type of an entity can’t be changed');
  const fixed = writing?.fixed.find((field) => field in body);
  if (fixed !== undefined) return badRequest(context, `Property ${fixed} can’t be changed`);
  const items = writing?.parts.find(({ name, by }) => by.kind === 'delta' && name in body);
  if (items) return badRequest(context, `Navigation property ${items.name} is not supported`);
  if (writing?.provided?.is(before) && writing.provided.takes !== 'update')
    return badRequest(context, 'The object is read-only');
  if (body[collection.nameField] === null || body[collection.nameField] === '')
    return badRequest(context, `${collection.nameField} must not be empty`);
  const emptied = Object.keys(body).find((field) => body[field] === null && isNeverNull(before[field]));
  if (emptied !== undefined)
    return badRequest(
      context,
      `A null value was found for the property named '${emptied}', which is not nullable`,
    );
  return refusedFields(context, body) ?? refusedName(context, body, String(before.id));
}

/** In Graph, lists and booleans are never null. */
const isNeverNull = (value: GraphValue | undefined): boolean =>
  Array.isArray(value) || typeof value === 'boolean';

/** The refusal of an assignment's target, or null. */
export function refusedTarget(context: WriteContext, target: GraphValue | undefined): GraphAnswer | null {
  if (!isGraphObject(target) || textOf(target, '@odata.type') === null)
    return badRequest(context, 'An assignment needs a target');
  const groupId = textOf(target, 'groupId');
  if (groupId !== null && !context.state.get(GROUPS_PATH, groupId))
    return badRequest(context, `Group ${groupId} does not exist`);
  const filterId = textOf(target, 'deviceAndAppManagementAssignmentFilterId');
  const isFiltered = filterId !== null && !/^0{8}-/.test(filterId);
  if (isFiltered && !context.state.get(FILTERS_PATH, filterId))
    return badRequest(context, `Assignment filter ${filterId} does not exist`);
  return null;
}

function refusedFields(context: WriteContext, body: GraphObject): GraphAnswer | null {
  const { state, clock, collection } = context;
  const writing = collection.type?.writing;
  const readOnly = [...READ_ONLY, ...(writing?.readOnly ?? [])].find((field) => field in body);
  if (readOnly !== undefined) return badRequest(context, `Property ${readOnly} is read-only`);
  const past = writing?.datesAhead.find((field) => holdsPastDate(body[field], clock.now()));
  if (past !== undefined) return badRequest(context, `${past} must be in the future`);
  if (collection.type === null) return null;
  for (const field of SCOPE_TAG_FIELDS) {
    const tags = Array.isArray(body[field]) ? body[field] : [];
    const unknown = tags.find((tag) => tag !== DEFAULT_SCOPE_TAG && !state.get(SCOPE_TAGS_PATH, String(tag)));
    if (unknown !== undefined) return badRequest(context, `Scope tag ${String(unknown)} does not exist`);
  }
  return refusedReferences(context, body);
}

/** The refusal of apps and of members of a policy set that the tenant doesn't have, or null. */
export function refusedReferences(context: WriteContext, body: GraphObject): GraphAnswer | null {
  const { state, collection } = context;
  if (collection.type === null) return null;
  const document = { raw: body, settings: null, assignments: [] };
  const unknown = referencesOf(collection.type, document).find(({ kind, id }) => {
    const { path } = REFERENCE_SOURCES[kind];
    return REFUSED_UNKNOWN.has(kind) && path !== null && !state.get(path, id);
  });
  return unknown
    ? badRequest(context, `The ${REFERENCE_SOURCES[unknown.kind].word} ${unknown.id} does not exist`)
    : null;
}

/** The refusal of a name that another policy has, where names are unique. */
function refusedName(
  { state, collection, chance }: WriteContext,
  body: GraphObject,
  ownId: string | null,
): GraphAnswer | null {
  const name = textOf(body, collection.nameField)?.toLowerCase();
  if (!collection.type?.writing?.uniqueNames || name === undefined) return null;
  const isTaken = (entity: GraphObject) =>
    textOf(entity, collection.nameField)?.toLowerCase() === name && String(entity.id) !== ownId;
  const { total } = state.page(collection.storedIn, 0, 1, isTaken);
  return total === 0 ? null : intuneError(409, 'NameAlreadyExists', 'The name is taken', chance.uuid());
}

function holdsPastDate(value: GraphValue | undefined, now: number): boolean {
  if (typeof value === 'string') return /^\d{4}-\d\d-\d\dT/.test(value) && Date.parse(value) < now;
  if (value === undefined || value === null || typeof value !== 'object') return false;
  return Object.values(value).some((inner) => holdsPastDate(inner, now));
}

function emptyPayload(): GraphAnswer {
  return odataError(400, 'BadRequest', 'Empty Payload. JSON content expected.');
}
