import type { OperationDefinition } from './define.js';
import { driftGenerate } from './drift-generate/drift-generate.js';
import { inventorySync } from './inventory-sync/inventory-sync.js';

/** Operation types by name. */
export type OperationRegistry = ReadonlyMap<string, OperationDefinition>;

/** Collects definitions. Throws on two of one type. */
export function createOperationRegistry(definitions: readonly OperationDefinition[]): OperationRegistry {
  const registry = new Map<string, OperationDefinition>();
  for (const definition of definitions) {
    if (registry.has(definition.type)) throw new TypeError(`${definition.type} is defined twice`);
    registry.set(definition.type, definition);
  }
  return registry;
}

/** The product's operation types; adding one is a line here and a folder beside this file. */
export const builtInOperations: OperationRegistry = createOperationRegistry([inventorySync, driftGenerate]);
