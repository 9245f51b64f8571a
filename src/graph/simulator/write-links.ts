import { linkTarget } from '../../policies/catalogue/profile-links.js';
import { REFERENCE_SOURCES } from '../../policies/catalogue/references.js';
import { type GraphAnswer, graphAnswer } from './graph-answer.js';
import { type GraphObject, isGraphObject, objectsOf } from './graph-value.js';
import { segmentNotFound } from './read-routes.js';
import { badRequest, putChanged, type WriteContext } from './write-context.js';

const BIND = '@odata.bind';
const ADDRESS = /\/([\w/]+)\('([^']+)'\)$/;

/** The links that the body of a create binds, as they are stored. */
export function boundLinks(
  context: WriteContext,
  body: unknown,
): { readonly links: GraphObject } | { readonly refused: GraphAnswer } {
  const links: GraphObject = {};
  for (const [key, value] of Object.entries(isGraphObject(body) ? body : {})) {
    const name = key.slice(0, -BIND.length);
    if (!key.endsWith(BIND) || !context.collection.links.has(name)) continue;
    const linked = [value].flat().map((address) => linkedAt(context, name, address));
    if (linked.includes(null)) return { refused: badRequest(context, `${name} leads to nothing`) };
    const objects = linked.filter((object) => object !== null);
    links[name] = Array.isArray(value) ? objects : (objects[0] ?? null);
  }
  return { links };
}

/** `POST`, `PUT` and `DELETE` of `/{collection}/{id}/{type}/{link}/$ref`. */
export function changeLink(
  context: WriteContext,
  entity: GraphObject,
  {
    method,
    link,
    linkedId,
    body,
  }: {
    readonly method: string;
    readonly link: string;
    readonly linkedId: string | null;
    readonly body: unknown;
  },
): GraphAnswer {
  if (!context.collection.links.has(link)) return segmentNotFound(link);
  const { many } = linkTarget(link);
  if (method === 'DELETE') {
    const left = objectsOf(entity, link).filter(
      ({ id }) => String(id).toLowerCase() !== linkedId?.toLowerCase(),
    );
    putChanged(context, { ...entity, [link]: many ? left : null });
    return graphAnswer(204, null);
  }
  if ((method === 'POST') !== many) return badRequest(context, `${method} is not supported for ${link}`);
  const linked = linkedAt(context, link, isGraphObject(body) ? body['@odata.id'] : null);
  if (linked === null) return badRequest(context, `${link} leads to nothing`);
  putChanged(context, { ...entity, [link]: many ? [...objectsOf(entity, link), linked] : linked });
  return graphAnswer(204, null);
}

/** The object at an address such as `https://graph.microsoft.com/beta/deviceManagement/deviceConfigurations('id')`. */
function linkedAt({ state }: WriteContext, link: string, address: unknown): GraphObject | null {
  const [, path = '', id = ''] = ADDRESS.exec(typeof address === 'string' ? address : '') ?? [];
  const target = REFERENCE_SOURCES[linkTarget(link).kind].path;
  return target !== null && path.endsWith(target) ? (state.get(target, id) ?? null) : null;
}
