import { collectionAt } from './collections.js';
import { assignmentId } from './complete-directory.js';
import { entityAnswer } from './entity-answer.js';
import { type GraphAnswer, graphAnswer } from './graph-answer.js';
import { type GraphObject, type GraphValue, isGraphObject, objectsOf, textOf } from './graph-value.js';
import { segmentNotFound } from './read-routes.js';
import { badRequest, graphTime, plain, putChanged, WHOLE, type WriteContext } from './write-context.js';
import { updateDefinitionValues } from './write-definition-values.js';
import { refusedReferences, refusedTarget } from './write-rules.js';

/** `POST /{collection}/{id}/{action}`. */
export function actOnEntity(
  context: WriteContext,
  entity: GraphObject,
  action: string,
  body: unknown,
): GraphAnswer {
  const name = action.replace(/^microsoft\.graph\./, '');
  const { type } = context.collection;
  const writing = type?.writing;
  if (name === 'updateDefinitionValues' && writing?.content === name)
    return updateDefinitionValues(context, entity, body);
  const sent = plain(body);
  if (name === 'updateSettings' && writing?.content === name) return updateSettings(context, entity, sent);
  if (name === 'update' && writing?.assign?.kind === 'action' && writing.assign.action === name)
    return updateSet(context, entity, sent);
  if (name === 'assign') return assign(context, entity, sent);
  const part = writing?.parts.find(({ by }) => by.kind === 'action' && by.action === name);
  return part?.by.kind === 'action'
    ? replaceList(context, entity, { name: part.name, list: part.by.list, sent })
    : segmentNotFound(action);
}

/** `POST /deviceManagement/templates/{id}/createInstance`: an endpoint security policy of the template. */
export function createInstance(context: WriteContext, templateId: string, body: unknown): GraphAnswer {
  const { state, clock, chance } = context;
  const intents = collectionAt('deviceManagement/intents');
  const { settingsDelta = [], ...own } = plain(body);
  if (!intents || textOf(own, 'displayName') === null)
    return badRequest(context, 'displayName must not be empty');
  const rows = Array.isArray(settingsDelta) ? settingsDelta.filter(isGraphObject) : [];
  const entity: GraphObject = {
    ...own,
    id: chance.uuid(),
    templateId,
    lastModifiedDateTime: graphTime(clock.now()),
    settings: rows.map((row) => ({ ...row, id: chance.uuid() })),
  };
  state.put(intents.storedIn, entity);
  return graphAnswer(201, entityAnswer(intents, entity, WHOLE));
}

/** Replaces all assignments; for scripts, the name of the list in the body depends on the type. */
function assign(context: WriteContext, entity: GraphObject, sent: GraphObject): GraphAnswer {
  const { collection } = context;
  const writing = collection.type?.writing;
  const list = writing?.assign?.kind === 'action' ? writing.assign.list : null;
  if (list === null) return segmentNotFound('assign');
  if (!Array.isArray(sent[list])) return badRequest(context, `${list} are required`);
  if (writing?.provided?.is(entity) && writing.provided.takes === 'update')
    return badRequest(context, 'The default can’t be assigned');
  const assignments = newAssignments(context, entity, objectsOf(sent, list));
  if ('refused' in assignments) return assignments.refused;
  putChanged(context, { ...entity, assignments: assignments.rows });
  return graphAnswer(200, { value: assignments.rows });
}

function newAssignments(
  context: WriteContext,
  entity: GraphObject,
  rows: readonly GraphObject[],
): { readonly rows: GraphObject[] } | { readonly refused: GraphAnswer } {
  const takesExclusions = context.collection.type?.writing?.assign?.exclusions ?? true;
  const byId = new Map<string, GraphObject>();
  for (const row of rows) {
    const refused = refusedTarget(context, row.target);
    if (refused) return { refused };
    const target = isGraphObject(row.target) ? { ...row.target } : {};
    if (!takesExclusions && String(target['@odata.type']).includes('exclusion'))
      target['@odata.type'] = '#microsoft.graph.groupAssignmentTarget';
    const id = assignmentId(String(entity.id), target);
    if (byId.has(id)) return { refused: badRequest(context, 'Duplicate group in assignments') };
    byId.set(id, { ...row, id, target });
  }
  return { rows: [...byId.values()] };
}

/** Replaces a list that has an action of its own; rows within its rows get new ids. */
function replaceList(
  context: WriteContext,
  entity: GraphObject,
  { name, list, sent }: { readonly name: string; readonly list: string; readonly sent: GraphObject },
): GraphAnswer {
  if (!Array.isArray(sent[list])) return badRequest(context, `${list} are required`);
  const { [list]: _rows, ...beside } = sent;
  const rows = objectsOf(sent, list).map((row) => withNewIds(context, row));
  putChanged(context, { ...entity, ...beside, [name]: rows });
  return graphAnswer(204, null);
}

function withNewIds({ chance }: WriteContext, row: GraphObject): GraphObject {
  const entries = Object.entries(row).map(([field, value]): [string, GraphValue] => [
    field,
    field === 'scheduledActionConfigurations' && Array.isArray(value)
      ? value.filter(isGraphObject).map((inner) => ({ ...inner, id: chance.uuid() }))
      : value,
  ]);
  return { ...Object.fromEntries(entries), id: chance.uuid() };
}

/** The update action of endpoint security, which adds and changes settings and never removes one. */
function updateSettings(context: WriteContext, entity: GraphObject, sent: GraphObject): GraphAnswer {
  const settings = new Map(objectsOf(entity, 'settings').map((row) => [row.definitionId, row]));
  for (const row of objectsOf(sent, 'settings')) {
    const id = settings.get(row.definitionId)?.id ?? context.chance.uuid();
    settings.set(row.definitionId ?? null, { ...row, id });
  }
  putChanged(context, { ...entity, settings: [...settings.values()] });
  return graphAnswer(204, null);
}

/** The update action of policy sets: items that come and go, and the whole set of assignments where it is given. */
function updateSet(context: WriteContext, entity: GraphObject, sent: GraphObject): GraphAnswer {
  const deleted = new Set(Array.isArray(sent.deletedPolicySetItems) ? sent.deletedPolicySetItems : []);
  const kept = objectsOf(entity, 'items').filter(({ id }) => !deleted.has(id ?? null));
  const added = objectsOf(sent, 'addedPolicySetItems').map((row) => ({ ...row, id: context.chance.uuid() }));
  const unknown = refusedReferences(context, { items: added });
  if (unknown) return unknown;
  const changed: GraphObject = { ...entity, items: [...kept, ...added] };
  if (Array.isArray(sent.assignments)) {
    const assignments = newAssignments(context, entity, objectsOf(sent, 'assignments'));
    if ('refused' in assignments) return assignments.refused;
    changed.assignments = assignments.rows;
  }
  putChanged(context, changed);
  return graphAnswer(204, null);
}
