import { ENTITIES } from '../entities/registry.js';
import type { AnyEntity } from '../ledger/define-entity.js';
import {
  type AnyEventDefinition,
  createEventRegistry,
  type DraftOf,
  type EventRegistry,
  type RecordedOf,
} from '../ledger/event-registry.js';
import type { OperationDefinition } from '../operations/define.js';
import { OPERATIONS } from '../operations/registry.js';

type Definition = (typeof ENTITIES)[number]['events'][number] | (typeof OPERATIONS)[number]['events'][number];

/**
 * The event types of a program with these entities and operation types. Throws a TypeError on two definitions of one
 * event type, and on two entities of one category.
 */
export function eventsOf(
  entities: readonly AnyEntity[],
  operations: readonly OperationDefinition[],
): EventRegistry {
  const categories = new Set<string>();
  for (const { category } of entities) {
    if (categories.has(category)) throw new TypeError(`two entities have “${category}” streams`);
    categories.add(category);
  }
  const declared = [...entities, ...operations].flatMap(
    ({ events }): readonly AnyEventDefinition[] => events,
  );
  for (const { type, category } of declared)
    if (!categories.has(category))
      throw new TypeError(`${type} stands in “${category}” streams, which no entity has`);
  // Several operation types may record the same event.
  return createEventRegistry([...new Set(declared)]);
}

/** Every event type of the product. */
export const productEvents = eventsOf(ENTITIES, OPERATIONS);

/** An event of the product, to be appended. */
export type ProductDraft = DraftOf<Definition>;
/** An event of the product, as read. */
export type ProductEvent = RecordedOf<Definition>;
