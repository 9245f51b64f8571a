import { type GraphAnswer, graphAnswer } from './graph-answer.js';
import { type GraphObject, isGraphObject, objectsOf, textOf } from './graph-value.js';
import { badRequest, putChanged, type WriteContext } from './write-context.js';

const DEFINITION = /groupPolicyDefinitions\('([^']+)'\)$/;
const PRESENTATION = /groupPolicyDefinitions\('[^']+'\)\/presentations\('([^']+)'\)$/;

/** `POST …/updateDefinitionValues`: adds, changes and removes the values of an administrative template. */
export function updateDefinitionValues(
  context: WriteContext,
  entity: GraphObject,
  body: unknown,
): GraphAnswer {
  const sent = isGraphObject(body) ? body : {};
  const rows = new Map(objectsOf(entity, 'definitionValues').map((row) => [String(row.id), row]));
  for (const id of Array.isArray(sent.deletedIds) ? sent.deletedIds : [])
    if (!rows.delete(String(id))) return badRequest(context, `There is no value ${String(id)}`);
  for (const change of objectsOf(sent, 'updated')) {
    const before = rows.get(String(change.id));
    const row = storedValue(context, change);
    if (!before || !row) return badRequest(context, 'A value to update is unknown');
    rows.set(String(change.id), row);
  }
  for (const added of objectsOf(sent, 'added')) {
    const row = storedValue(context, added);
    if (!row) return badRequest(context, 'A value needs a definition');
    const isTaken = [...rows.values()].some((other) => definitionOf(other) === definitionOf(row));
    if (isTaken) return badRequest(context, 'The definition has a value already');
    rows.set(String(row.id), row);
  }
  putChanged(context, { ...entity, definitionValues: [...rows.values()] });
  return graphAnswer(204, null);
}

const definitionOf = ({ definition }: GraphObject): string | null =>
  isGraphObject(definition) ? textOf(definition, 'id') : null;

/** A value as Graph answers it afterwards, with the definition and presentations that it was bound to; null when it is bound to none. */
function storedValue({ chance }: WriteContext, sent: GraphObject): GraphObject | null {
  const definition = boundTo(sent, 'definition@odata.bind', DEFINITION);
  if (definition === null) return null;
  const { 'definition@odata.bind': _bind, presentationValues: _values, ...own } = sent;
  const presentationValues: GraphObject[] = [];
  for (const value of objectsOf(sent, 'presentationValues')) {
    const presentation = boundTo(value, 'presentation@odata.bind', PRESENTATION);
    if (presentation === null) return null;
    const { 'presentation@odata.bind': _bound, ...rest } = value;
    presentationValues.push({ ...rest, id: rest.id ?? chance.uuid(), presentation: { id: presentation } });
  }
  return { ...own, id: own.id ?? chance.uuid(), definition: { id: definition }, presentationValues };
}

function boundTo(object: GraphObject, field: string, address: RegExp): string | null {
  return address.exec(textOf(object, field) ?? '')?.[1] ?? null;
}
