import type { Chance, Clock } from '../../clock.js';
import { collectionOf, GROUPS_PATH, serves } from './collections.js';
import { type GraphAnswer, type GraphRequest, graphAnswer, odataError } from './graph-answer.js';
import type { GraphObject } from './graph-value.js';
import { groupsDelta } from './groups-delta.js';
import {
  followLink,
  listEntities,
  listNavigation,
  readEntity,
  rowWithId,
  segmentNotFound,
} from './read-routes.js';
import type { SimulatedState } from './tenant-state.js';
import { actOnEntity, createInstance } from './write-actions.js';
import type { WriteContext } from './write-context.js';
import { changeLink } from './write-links.js';
import { createEntity, refusedVersion, updateEntity } from './write-routes.js';
import { changeRow } from './write-rows.js';

/**
 * Answers one request as Graph would, from a tenant's state only, without connection, faults and throttling. The
 * requests of a `$batch` come here one by one.
 */
export function serveGraph(
  { reads, writes }: { readonly reads: SimulatedState; readonly writes: SimulatedState },
  request: GraphRequest,
  parts: { readonly clock: Clock; readonly chance: Chance },
): GraphAnswer {
  const found = collectionOf(plainSegments(request.segments));
  if (!found) return segmentNotFound(request.segments.at(-1) ?? '');
  const { collection } = found;
  // Of rows below another object only their own addresses are simulated.
  if (collection.rowsOf !== null && (request.method !== 'GET' || found.rest.length !== 1))
    return segmentNotFound(request.segments.at(-1) ?? '');
  const [id, ...below] = withoutCast(found.rest);
  const context = { state: writes, collection, ...parts };
  if (request.method === 'GET')
    return serveRead({ state: reads, collection, clock: parts.clock }, id, below, request);
  if (id === undefined)
    return request.method === 'POST' ? createEntity(context, request.body) : methodNotAllowed(request.method);
  return serveWrite(context, id, below, request);
}

function serveRead(
  { state, collection, clock }: Omit<WriteContext, 'chance'>,
  id: string | undefined,
  [sub, ...beyond]: readonly string[],
  request: GraphRequest,
): GraphAnswer {
  if (beyond.length > 0) return segmentNotFound(beyond[0] ?? '');
  if (id === undefined) return listEntities(state, collection, request);
  const path = collection.storedIn;
  if (id === 'delta' && sub === undefined && path === GROUPS_PATH)
    return groupsDelta(state, request, clock.now());
  const entity = collection.rowsOf ? rowWithId(state, collection.rowsOf, id) : state.get(path, id);
  if (!entity || !serves(collection, entity)) return notFound(id);
  if (sub === undefined) return readEntity(collection, entity, request);
  if (collection.links.has(sub)) return followLink(state, collection, entity, sub);
  return listNavigation(collection, entity, sub, request);
}

const TEMPLATES_PATH = 'deviceManagement/templates';

function serveWrite(
  context: WriteContext,
  id: string,
  below: readonly string[],
  { method, body, ifMatch }: GraphRequest,
): GraphAnswer {
  const { state, collection } = context;
  const [sub, ...beyond] = below;
  if (collection.path === TEMPLATES_PATH && sub === 'createInstance' && method === 'POST')
    return createInstance(context, id, body);
  const entity = state.get(collection.storedIn, id);
  if (!entity || !serves(collection, entity)) return notFound(id);
  const refused = refusedVersion(context, entity, ifMatch);
  if (refused) return refused;
  if (sub === undefined) return changeEntity(context, entity, method, body);
  if (below.at(-1) === '$ref') {
    const linkedId = beyond.length > 1 ? (beyond[0] ?? null) : null;
    return changeLink(context, entity, { method, link: sub, linkedId, body });
  }
  if (beyond.length > 1) return segmentNotFound(beyond[1] ?? '');
  if (sub in collection.navigations)
    return changeRow(context, entity, { method, list: sub, rowId: beyond[0] ?? null, body });
  if (method !== 'POST' || beyond.length > 0) return methodNotAllowed(method);
  return actOnEntity(context, entity, sub, body);
}

function changeEntity(
  context: WriteContext,
  entity: GraphObject,
  method: string,
  body: GraphRequest['body'],
): GraphAnswer {
  if (method === 'PATCH' || method === 'PUT') return updateEntity(context, entity, body, method);
  if (method !== 'DELETE') return methodNotAllowed(method);
  context.state.remove(context.collection.storedIn, String(entity.id));
  return graphAnswer(204, null);
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
