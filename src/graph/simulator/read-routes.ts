import { withoutFields } from '../../ledger/json-values.js';
import { linkTarget } from '../../policies/catalogue/profile-links.js';
import { REFERENCE_SOURCES } from '../../policies/catalogue/references.js';
import { collectionAt, type GraphCollection, serves } from './collections.js';
import { type EntityView, entityAnswer } from './entity-answer.js';
import { expandedNames } from './expanded-names.js';
import { type GraphAnswer, type GraphRequest, graphAnswer, odataError } from './graph-answer.js';
import { type GraphObject, isGraphObject, objectsOf } from './graph-value.js';
import { nextLink, pageRequest } from './paging.js';
import type { SimulatedState } from './tenant-state.js';

const METADATA = 'https://graph.microsoft.com/beta/$metadata#';

/** `GET /{collection}`: a page of its entities. */
export function listEntities(
  state: SimulatedState,
  collection: GraphCollection,
  request: GraphRequest,
): GraphAnswer {
  const page = pageRequest(request.query, collection.pageSize, collection.pageSizeMax);
  if (page === null) return odataError(400, 'BadRequest', 'Invalid $top or $skiptoken.');
  const accepts = nameFilter(collection, request.query.get('$filter'));
  if (accepts === null) return odataError(400, 'Request_UnsupportedQuery', 'Unsupported $filter.');

  const isListed = (entity: GraphObject) => serves(collection, entity) && accepts(entity);
  const { entities, after, total } = state.page(collection.storedIn, page.after, page.size, isListed);
  const view = viewOf(request, true);
  const body: GraphObject = { '@odata.context': `${METADATA}${collection.path}` };
  if (request.query.get('$count') === 'true' || collection.counts) body['@odata.count'] = total;
  if (after !== null) body['@odata.nextLink'] = nextLink(request, after);
  body.value = entities.map((entity) => entityAnswer(collection, entity, view));
  return graphAnswer(200, body);
}

/** `GET /{collection}/{id}`. */
export function readEntity(
  collection: GraphCollection,
  entity: GraphObject,
  request: GraphRequest,
): GraphAnswer {
  const body = entityAnswer(collection, entity, viewOf(request, false));
  return graphAnswer(200, { '@odata.context': `${METADATA}${collection.path}/$entity`, ...body });
}

/** `GET /{collection}/{id}/{navigation}`: settings page by 25 unless `$top` says otherwise. */
export function listNavigation(
  collection: GraphCollection,
  entity: GraphObject,
  navigation: string,
  request: GraphRequest,
): GraphAnswer {
  const definition = collection.navigations[navigation];
  if (!definition) return segmentNotFound(navigation);
  const page = pageRequest(request.query, definition.pageSize, collection.pageSizeMax);
  if (page === null) return odataError(400, 'BadRequest', 'Invalid $top or $skiptoken.');

  const rows = objectsOf(entity, navigation);
  const size = definition.pageSize === Number.MAX_SAFE_INTEGER ? rows.length : page.size;
  const end = page.after + size;
  const body: GraphObject = {
    '@odata.context': `${METADATA}${collection.path}('${String(entity.id)}')/${navigation}`,
  };
  if (request.query.get('$count') === 'true' || (collection.counts && navigation === 'settings'))
    body['@odata.count'] = rows.length;
  if (end < rows.length) body['@odata.nextLink'] = nextLink(request, end);
  body.value = rows.slice(page.after, end).map((row) => withoutFields(row, definition.omits ?? []));
  return graphAnswer(200, body);
}

/** The row with that id in a navigation of any entity. */
export function rowWithId(
  state: SimulatedState,
  { path, navigation }: { readonly path: string; readonly navigation: string },
  id: string,
): GraphObject | undefined {
  const { entities } = state.page(path, 0, Number.MAX_SAFE_INTEGER);
  return entities.flatMap((entity) => objectsOf(entity, navigation)).find((row) => row.id === id);
}

/** `GET /{collection}/{id}/{link}`: the linked objects in their present state. */
export function followLink(
  state: SimulatedState,
  collection: GraphCollection,
  entity: GraphObject,
  link: string,
): GraphAnswer {
  const linked = entity[link];
  const target = collectionAt(REFERENCE_SOURCES[linkTarget(link).kind].path ?? '') ?? collection;
  const now = (object: GraphObject): GraphObject => {
    const found = state.get(target.storedIn, String(object.id)) ?? object;
    return entityAnswer(target, found, {
      list: true,
      expand: new Set(),
      select: null,
      allMembers: true,
    });
  };
  const context = `${METADATA}${target.path}`;
  if (Array.isArray(linked)) {
    const value = objectsOf(entity, link).map(now);
    return graphAnswer(200, { '@odata.context': context, value });
  }
  if (!isGraphObject(linked)) return odataError(404, 'ResourceNotFound', 'Nothing is linked.');
  return graphAnswer(200, { '@odata.context': `${context}/$entity`, ...now(linked) });
}

/** The refusal of an address that leads to nothing. */
export function segmentNotFound(segment: string): GraphAnswer {
  return odataError(400, 'BadRequest', `Resource not found for the segment '${segment}'.`);
}

function viewOf(request: GraphRequest, list: boolean): EntityView {
  const select = request.query.get('$select');
  return {
    list,
    expand: new Set(expandedNames(request.query.get('$expand') ?? '')),
    allMembers: request.allMembers,
    select: select === null ? null : new Set(select.split(',').map((name) => name.trim())),
  };
}

const FILTER = /^\s*(?:startswith\(\s*(\w+)\s*,\s*'((?:[^']|'')*)'\s*\)|(\w+)\s+eq\s+'((?:[^']|'')*)')\s*$/i;

/** A filter for the two forms that a search uses, by name or another field that can be asked for; null for others. */
function nameFilter(
  collection: GraphCollection,
  filter: string | null,
): ((entity: GraphObject) => boolean) | null {
  if (filter === null) return () => true;
  const match = FILTER.exec(filter);
  if (!match) return null;
  const [, startField, start, equalField, equal] = match;
  const field = startField ?? equalField ?? '';
  if (field !== collection.nameField && !collection.filterFields.includes(field)) return null;
  const wanted = (start ?? equal ?? '').replaceAll("''", "'").toLowerCase();
  return (entity) => {
    const value = String(entity[field] ?? '').toLowerCase();
    return startField === undefined ? value === wanted : value.startsWith(wanted);
  };
}
