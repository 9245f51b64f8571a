import type { Chance, Clock } from '../../clock.js';
import { collectionOf, GROUPS_PATH, serves } from './collections.js';
import { answer, type GraphAnswer, type GraphRequest, odataError } from './graph-answer.js';
import { groupsDelta } from './groups-delta.js';
import { followLink, listEntities, listNavigation, readEntity, segmentNotFound } from './read-routes.js';
import type { TenantState } from './tenant-state.js';
import { actOnEntity, createEntity, updateEntity } from './write-routes.js';

/**
 * Answers one request as Graph would, from a tenant's state only, without connection, faults and throttling. The
 * requests of a `$batch` come here one by one.
 */
export function serveGraph(
  state: TenantState,
  request: GraphRequest,
  parts: { readonly clock: Clock; readonly chance: Chance },
): GraphAnswer {
  const found = collectionOf(plainSegments(request.segments));
  if (!found) return segmentNotFound(request.segments.at(-1) ?? '');
  const { collection } = found;
  const path = collection.storedIn;
  const { method } = request;
  const [id, sub, ...beyond] = withoutCast(found.rest);
  if (beyond.length > 0) return segmentNotFound(beyond[0] ?? '');
  const context = { state, collection, ...parts };

  if (id === undefined) {
    if (method === 'GET') return listEntities(state, collection, request);
    if (method === 'POST') return createEntity(context, request.body);
    return methodNotAllowed(method);
  }
  if (id === 'delta' && sub === undefined && path === GROUPS_PATH && method === 'GET')
    return groupsDelta(state, request, parts.clock.now());
  const entity = state.get(path, id);
  if (!entity || !serves(collection, entity)) return notFound(id);
  if (sub !== undefined) {
    if (method === 'GET' && collection.links.has(sub)) return followLink(state, collection, entity, sub);
    if (method === 'GET') return listNavigation(collection, entity, sub, request);
    if (method === 'POST') return actOnEntity(context, entity, sub, request.body);
    return methodNotAllowed(method);
  }
  if (method === 'GET') return readEntity(collection, entity, request);
  if (method === 'PATCH') return updateEntity(context, entity, request.body, false);
  if (method === 'PUT') return updateEntity(context, entity, request.body, true);
  if (method === 'DELETE') {
    state.remove(path, id);
    return answer(204, null);
  }
  return methodNotAllowed(method);
}

/** Splits `deviceManagement/x('id')/y` like `deviceManagement/x/id/y`, which is the same address. */
function plainSegments(segments: readonly string[]): readonly string[] {
  return segments.flatMap((segment) => {
    const match = /^(\w+)\('([^']*)'\)$/.exec(segment);
    return match ? [match[1] ?? '', match[2] ?? ''] : [segment];
  });
}

/** Removes the name of a derived type before one of its properties. */
function withoutCast([id, ...rest]: readonly string[]): readonly string[] {
  const casts = rest.length > 1 && rest[0]?.startsWith('microsoft.graph.');
  return id === undefined ? [] : [id, ...(casts ? rest.slice(1) : rest)];
}

function notFound(id: string): GraphAnswer {
  return odataError(404, 'ResourceNotFound', `Resource '${id}' does not exist.`);
}

function methodNotAllowed(method: string): GraphAnswer {
  return odataError(405, 'UnknownError', `${method} is not allowed here.`);
}
