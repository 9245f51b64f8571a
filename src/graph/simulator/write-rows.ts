import { assignmentId } from './complete-directory.js';
import { type GraphAnswer, graphAnswer, odataError } from './graph-answer.js';
import { type GraphObject, isGraphObject, objectsOf } from './graph-value.js';
import { segmentNotFound } from './read-routes.js';
import { badRequest, plain, putChanged, type WriteContext } from './write-context.js';
import { refusedTarget } from './write-rules.js';

/** `POST /{collection}/{id}/{list}`, and `PATCH` and `DELETE` of one row of it. */
export function changeRow(
  context: WriteContext,
  entity: GraphObject,
  {
    method,
    list,
    rowId,
    body,
  }: {
    readonly method: string;
    readonly list: string;
    readonly rowId: string | null;
    readonly body: unknown;
  },
): GraphAnswer {
  const key = rowKeyOf(context, list);
  if (key === null) return segmentNotFound(list);
  const rows = objectsOf(entity, list);
  const store = (changed: GraphObject[]) => putChanged(context, { ...entity, [list]: changed });
  if (method === 'POST' && rowId === null) {
    const row =
      list === 'assignments' ? newAssignment(context, entity, body) : newRow(context, rows, key, body);
    if ('error' in row) return row.error;
    store([...rows, row.row]);
    return graphAnswer(201, row.row);
  }
  const found = rows.find(({ id }) => id === rowId);
  if (!found) return odataError(404, 'ResourceNotFound', `Resource '${rowId}' does not exist.`);
  if (method === 'DELETE') {
    if (found.isDefault === true) return badRequest(context, 'The default message can’t be deleted');
    store(rows.filter((row) => row !== found));
    return graphAnswer(204, null);
  }
  if (method !== 'PATCH') return segmentNotFound(list);
  const changed = { ...found, ...plain(body), id: found.id ?? null };
  store(rows.map((row) => (row === found ? changed : row)));
  return graphAnswer(200, changed);
}

/** The field that identifies the rows of a list, or null for a list whose rows have no requests of their own. */
function rowKeyOf({ collection }: WriteContext, list: string): string | null {
  const writing = collection.type?.writing;
  if (list === 'assignments') return writing?.assign?.kind === 'rows' ? 'id' : null;
  const part = writing?.parts.find(({ name }) => name === list);
  return part?.by.kind === 'rows' ? part.by.key : null;
}

type NewRow = { readonly row: GraphObject } | { readonly error: GraphAnswer };

function newRow(context: WriteContext, rows: readonly GraphObject[], key: string, body: unknown): NewRow {
  const row = plain(body);
  const keyOf = (other: GraphObject) => String(other[key]).toLowerCase();
  if (row[key] === undefined) return { error: badRequest(context, `${key} is required`) };
  if (rows.some((other) => keyOf(other) === keyOf(row)))
    return { error: badRequest(context, `There is a row with this ${key}`) };
  return { row: { ...row, id: context.chance.uuid() } };
}

function newAssignment(context: WriteContext, entity: GraphObject, body: unknown): NewRow {
  const row = plain(body);
  const refused = refusedTarget(context, row.target);
  if (refused || !isGraphObject(row.target)) return { error: refused ?? badRequest(context, 'No target') };
  const id = assignmentId(String(entity.id), row.target);
  if (objectsOf(entity, 'assignments').some((other) => other.id === id))
    return { error: badRequest(context, 'The group is assigned already') };
  return { row: { ...row, id } };
}
