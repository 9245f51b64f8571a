import { withoutFields } from '../../ledger/json-values.js';
import { GROUPS_PATH } from './collections.js';
import { entityAnswer } from './entity-answer.js';
import { type GraphAnswer, graphAnswer, intuneError } from './graph-answer.js';
import { type GraphObject, objectsOf } from './graph-value.js';
import { graphTime, plain, putChanged, WHOLE, type WriteContext } from './write-context.js';
import { boundLinks } from './write-links.js';
import { refusedCreate, refusedUpdate } from './write-rules.js';
import { withStrength } from './write-strength.js';

/** `POST /{collection}`. */
export function createEntity(context: WriteContext, body: unknown): GraphAnswer {
  const { state, collection, clock, chance } = context;
  const refused = refusedCreate(context, body);
  if (refused) return refused;
  const links = boundLinks(context, body);
  if ('refused' in links) return links.refused;
  const stored = withStrength(context, plain(body));
  if ('refused' in stored) return stored.refused;
  const writing = collection.type?.writing;
  const ignored = [
    ...(writing?.parts.filter(({ inCreate }) => !inCreate).map(({ name }) => name) ?? []),
    ...(writing?.computed ?? []),
    ...(writing?.content === 'updateDefinitionValues' ? ['definitionValues'] : []),
    'assignments',
  ];
  const now = graphTime(clock.now());
  const entity: GraphObject = {
    ...withoutFields(stored.fields, ignored),
    ...derivedFields(writing?.computed ?? []),
    ...links.links,
    ...(collection.derivedType === null
      ? {}
      : { '@odata.type': `#microsoft.graph.${collection.derivedType}` }),
    id: chance.uuid(),
    ...(collection.path === GROUPS_PATH ? {} : { createdDateTime: now, lastModifiedDateTime: now }),
    ...('settings' in collection.navigations
      ? { settingCount: objectsOf(stored.fields, 'settings').length }
      : {}),
    ...firstVersion(context),
    ...withRowIds(context, stored.fields),
  };
  state.put(collection.storedIn, entity);
  return graphAnswer(201, entityAnswer(collection, entity, WHOLE));
}

/** `PATCH` changes the fields it names, `PUT` replaces the whole policy. */
export function updateEntity(
  context: WriteContext,
  before: GraphObject,
  body: unknown,
  method: 'PATCH' | 'PUT',
): GraphAnswer {
  const { collection } = context;
  const refused = refusedUpdate(context, before, body, method);
  if (refused) return refused;
  const stored = withStrength(context, plain(body));
  if ('refused' in stored) return stored.refused;
  const writing = collection.type?.writing;
  // An update doesn't change lists that have their own requests, and doesn't say so.
  const apart = [
    ...(writing?.parts.map(({ name }) => name) ?? []),
    ...(writing?.computed ?? []),
    ...(method === 'PATCH' && writing?.content ? [collection.type?.content?.name ?? ''] : []),
    'assignments',
  ];
  const sent = withoutFields(stored.fields, apart);
  const kept = method === 'PATCH' ? before : keptByPut(context, before);
  const entity: GraphObject = { ...kept, ...sent, id: before.id ?? null };
  if ('settings' in sent) entity.settingCount = objectsOf(sent, 'settings').length;
  return graphAnswer(200, entityAnswer(collection, putChanged(context, entity), WHOLE));
}

/** The refusal of a write that expects another version than the present one, or null. */
export function refusedVersion(
  { chance, collection }: WriteContext,
  entity: GraphObject,
  ifMatch: string | null,
): GraphAnswer | null {
  if (!collection.type?.writing?.versioned || typeof entity.version !== 'string') return null;
  if (ifMatch === null || ifMatch === '*') return null;
  const wanted = ifMatch.replace(/^W\//, '').replaceAll('"', '');
  return wanted === entity.version.replaceAll('"', '')
    ? null
    : intuneError(412, 'PreconditionFailed', 'The resource has been modified', chance.uuid());
}

/** What a PUT doesn't replace. */
function keptByPut({ collection }: WriteContext, before: GraphObject): GraphObject {
  const writing = collection.type?.writing;
  const names = new Set([
    'createdDateTime',
    'assignments',
    'version',
    '@odata.type',
    ...(writing?.fixed ?? []),
    ...(writing?.readOnly ?? []),
    ...(writing?.computed ?? []),
    ...(writing?.parts.map(({ name }) => name) ?? []),
    ...(collection.type?.serviceFields ?? []),
  ]);
  return Object.fromEntries(Object.entries(before).filter(([field]) => names.has(field)));
}

/** The fields that Graph itself sets in a policy that a client created. */
function derivedFields(computed: readonly string[]): GraphObject {
  const flags = computed.filter((field) => /^is[A-Z]/.test(field));
  return Object.fromEntries(flags.map((field) => [field, false]));
}

/** Versions that `If-Match` is compared with are texts; other policies with derived types have numbers. */
function firstVersion({ collection, chance }: WriteContext): GraphObject {
  if (collection.type?.writing?.versioned) return { version: chance.uuid() };
  return collection.polymorphic ? { version: 1 } : {};
}

/** The lists of a create whose rows get ids of their own. */
function withRowIds({ collection, chance }: WriteContext, sent: GraphObject): GraphObject {
  const lists = collection.type?.writing?.parts.filter(({ inCreate, by }) => inCreate && by.kind === 'delta');
  return Object.fromEntries(
    (lists ?? []).map(({ name }) => [
      name,
      objectsOf(sent, name).map((row) => ({ ...row, id: chance.uuid() })),
    ]),
  );
}
