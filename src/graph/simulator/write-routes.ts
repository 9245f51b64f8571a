import type { Chance, Clock } from '../../clock.js';
import { GROUPS_PATH, type GraphCollection } from './collections.js';
import { assignmentId } from './complete-directory.js';
import { type EntityView, entityAnswer, withoutAnnotations } from './entity-answer.js';
import { answer, type GraphAnswer, intuneError, odataError } from './graph-answer.js';
import { type GraphObject, isGraphObject, objectsOf, textOf } from './graph-value.js';
import { segmentNotFound } from './read-routes.js';
import type { TenantState } from './tenant-state.js';

/** The context of a write: the tenant's state, the collection, and the sources of time and ids. */
export interface WriteContext {
  readonly state: TenantState;
  readonly collection: GraphCollection;
  readonly clock: Clock;
  readonly chance: Chance;
}

const READ_ONLY = [
  'createdDateTime',
  'lastModifiedDateTime',
  'settingCount',
  'isAssigned',
  'supportsScopeTags',
];

/** A write is answered with the entity, without its navigations. */
const WHOLE: EntityView = { list: false, expand: new Set(), select: null, allMembers: true };

/** A time in Graph's form, with seven digits of a second. */
export function graphTime(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace('Z', '0000Z');
}

/** `POST /{collection}`. */
export function createEntity(context: WriteContext, body: unknown): GraphAnswer {
  const { state, collection, clock, chance } = context;
  const refused = refuseBody(context, body);
  if (refused) return refused;
  const sent = isGraphObject(body) ? body : {};
  if (textOf(sent, collection.nameField) === null)
    return intuneError(400, 'BadRequest', `${collection.nameField} must not be empty`, chance.uuid());
  const now = graphTime(clock.now());
  const entity: GraphObject = {
    ...plain(sent),
    ...(collection.derivedType === null
      ? {}
      : { '@odata.type': `#microsoft.graph.${collection.derivedType}` }),
    id: chance.uuid(),
    ...(collection.path === GROUPS_PATH ? {} : { createdDateTime: now, lastModifiedDateTime: now }),
    ...('settings' in collection.navigations ? { settingCount: objectsOf(sent, 'settings').length } : {}),
    ...(collection.polymorphic ? { version: 1 } : {}),
  };
  state.put(collection.storedIn, entity);
  return answer(201, entityAnswer(collection, entity, WHOLE));
}

/** `PATCH` changes the fields it names, `PUT` replaces the whole policy. */
export function updateEntity(
  context: WriteContext,
  before: GraphObject,
  body: unknown,
  whole: boolean,
): GraphAnswer {
  const { state, collection, clock } = context;
  const refused = refuseBody(context, body);
  if (refused) return refused;
  const sent = plain(isGraphObject(body) ? body : {});
  const kept: GraphObject = whole
    ? { createdDateTime: before.createdDateTime ?? null, assignments: before.assignments ?? [] }
    : before;
  const entity: GraphObject = {
    ...kept,
    ...sent,
    id: before.id ?? null,
    lastModifiedDateTime: graphTime(clock.now()),
  };
  if ('settings' in sent) entity.settingCount = objectsOf(sent, 'settings').length;
  if (typeof before.version === 'number') entity.version = before.version + 1;
  state.put(collection.storedIn, entity);
  return answer(200, entityAnswer(collection, entity, WHOLE));
}

/** `POST /{collection}/{id}/{action}`. */
export function actOnEntity(
  context: WriteContext,
  entity: GraphObject,
  action: string,
  body: unknown,
): GraphAnswer {
  const sent = isGraphObject(body) ? plain(body) : {};
  switch (action.replace(/^microsoft\.graph\./, '')) {
    case 'assign':
      return assign(context, entity, sent);
    case 'scheduleActionsForRules':
      return replaceRules(context, entity, sent);
    case 'updateSettings':
      return updateSettings(context, entity, sent);
    default:
      return segmentNotFound(action);
  }
}

/** Replaces all assignments; for scripts, the name of the list in the body depends on the type. */
function assign(context: WriteContext, entity: GraphObject, sent: GraphObject): GraphAnswer {
  const { state, collection, chance } = context;
  const lists = Object.keys(sent).filter((key) => /assignments$/i.test(key) && Array.isArray(sent[key]));
  const [list] = lists;
  if (lists.length !== 1 || list === undefined)
    return intuneError(400, 'BadRequest', 'assignments are required', chance.uuid());

  const seen = new Set<string>();
  const assignments: GraphObject[] = [];
  for (const row of objectsOf(sent, list)) {
    const target = row.target;
    if (!isGraphObject(target) || textOf(target, '@odata.type') === null)
      return intuneError(400, 'BadRequest', 'An assignment needs a target', chance.uuid());
    const groupId = textOf(target, 'groupId');
    if (groupId !== null && !state.get(GROUPS_PATH, groupId))
      return intuneError(400, 'BadRequest', `Group ${groupId} does not exist`, chance.uuid());
    const id = assignmentId(String(entity.id), target);
    if (seen.has(id)) return intuneError(400, 'BadRequest', 'Duplicate group in assignments', chance.uuid());
    seen.add(id);
    assignments.push({ ...row, id, target });
  }
  state.put(collection.storedIn, { ...entity, assignments });
  return answer(200, { value: assignments });
}

function replaceRules(context: WriteContext, entity: GraphObject, sent: GraphObject): GraphAnswer {
  if (!('scheduledActionsForRule' in context.collection.navigations))
    return segmentNotFound('scheduleActionsForRules');
  const rules = objectsOf(sent, 'deviceComplianceScheduledActionForRules').map((rule) => ({
    ...rule,
    id: String(entity.id),
    scheduledActionConfigurations: objectsOf(rule, 'scheduledActionConfigurations').map((configuration) => ({
      ...configuration,
      id: context.chance.uuid(),
    })),
  }));
  context.state.put(context.collection.storedIn, { ...entity, scheduledActionsForRule: rules });
  return answer(204, null);
}

/** The update action of endpoint security, which adds and changes settings and never removes one. */
function updateSettings(context: WriteContext, entity: GraphObject, sent: GraphObject): GraphAnswer {
  if (!context.collection.path.endsWith('/intents')) return segmentNotFound('updateSettings');
  const settings = new Map(objectsOf(entity, 'settings').map((row) => [row.definitionId, row]));
  for (const row of objectsOf(sent, 'settings'))
    settings.set(row.definitionId ?? null, { id: context.chance.uuid(), ...row });
  context.state.put(context.collection.storedIn, { ...entity, settings: [...settings.values()] });
  return answer(204, null);
}

function refuseBody(context: WriteContext, body: unknown): GraphAnswer | null {
  const { chance } = context;
  if (!isGraphObject(body)) return odataError(400, 'BadRequest', 'Empty Payload. JSON content expected.');
  const readOnly = READ_ONLY.find((field) => field in body);
  return readOnly ? intuneError(400, 'BadRequest', `Property ${readOnly} is read-only`, chance.uuid()) : null;
}

function plain(body: GraphObject): GraphObject {
  const stripped = withoutAnnotations(body);
  return isGraphObject(stripped) ? stripped : {};
}
