import type { Chance, Clock } from '../../clock.js';
import type { GraphCollection } from './collections.js';
import { type EntityView, withoutAnnotations } from './entity-answer.js';
import { type GraphAnswer, intuneError } from './graph-answer.js';
import { type GraphObject, isGraphObject } from './graph-value.js';
import type { SimulatedState } from './tenant-state.js';

/** The context of a write: the tenant's state, the collection, and the sources of time and ids. */
export interface WriteContext {
  readonly state: SimulatedState;
  readonly collection: GraphCollection;
  readonly clock: Clock;
  readonly chance: Chance;
}

/** A write is answered with the entity, without its navigations. */
export const WHOLE: EntityView = { list: false, expand: new Set(), select: null, allMembers: true };

/** A time in Graph's form, with seven digits of a second. */
export function graphTime(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace('Z', '0000Z');
}

/** A body without annotations. */
export function plain(body: unknown): GraphObject {
  const stripped = isGraphObject(body) ? withoutAnnotations(body) : {};
  return isGraphObject(stripped) ? stripped : {};
}

/** Intune's refusal with status 400. */
export function badRequest({ chance }: WriteContext, message: string): GraphAnswer {
  return intuneError(400, 'BadRequest', message, chance.uuid());
}

/** Stores a changed entity, with its new times and version. */
export function putChanged(
  { state, collection, clock, chance }: WriteContext,
  entity: GraphObject,
): GraphObject {
  const changed: GraphObject = { ...entity, lastModifiedDateTime: graphTime(clock.now()) };
  if (typeof entity.version === 'number') changed.version = entity.version + 1;
  if (typeof entity.version === 'string') changed.version = chance.uuid();
  state.put(collection.storedIn, changed);
  return changed;
}
