import type { AnyModel } from '../../projections/engine/model.js';
import type { Projection } from '../../projections/engine/projection.js';
import { HUB_MODELS } from '../../projections/hub/hub-models.js';
import { createHubProjection } from '../../projections/hub/hub-projection.js';
import { ENTITIES } from '../entities/registry.js';
import type { AnyEntity } from '../ledger/define-entity.js';
import type { AnyCommand } from '../ledger/entity-command.js';
import type { EventRegistry } from '../ledger/event-registry.js';
import type { OperationDefinition } from '../operations/define.js';
import { createOperationRegistry, OPERATIONS, type OperationRegistry } from '../operations/registry.js';
import { schedulableTypes, setScheduleFor } from '../operations/set-schedule.js';
import type { TenantPage } from '../web/pages/page.js';
import { PAGES } from '../web/pages/pages.js';
import { VIEWS } from '../web/view/renderer.js';
import { eventsOf } from './product-events.js';

/** The lists of features, one for each layer. */
export interface FeatureLists {
  /** Entities with their own streams. */
  readonly entities: readonly AnyEntity[];
  readonly operations: readonly OperationDefinition[];
  /** Read models of the hub, in the order in which they fold an event. */
  readonly models: readonly AnyModel[];
  /** Pages of a tenant, in the order of the navigation. */
  readonly pages: readonly TenantPage<unknown>[];
  /** Folders of templates; a template is taken from the first folder that has it. */
  readonly views: readonly string[];
}

/** The features of a program, in the form that its parts need. */
export interface Features {
  readonly operations: OperationRegistry;
  /** The events of the entities and of the operation types. */
  readonly events: EventRegistry;
  /** The commands of the entities. */
  readonly commands: readonly AnyCommand[];
  readonly hub: Projection;
  readonly pages: readonly TenantPage<unknown>[];
  readonly views: readonly string[];
}

/**
 * Combines features. Throws a TypeError when two of them declare the same type, event, command, code, table or link
 * target, or when a page or a command takes ids that no read model has.
 */
export function createFeatures({ entities, operations, models, pages, views }: FeatureLists): Features {
  const kinds = new Set(models.flatMap(({ addressed }) => addressed?.kind ?? []));
  assertAddresses(pages, kinds);
  return {
    operations: createOperationRegistry(operations),
    events: eventsOf(entities, operations),
    commands: commandsIn(entities, operations, kinds),
    hub: createHubProjection(models),
    pages,
    views,
  };
}

/** The commands of the entities, and the one that makes schedules, which the operation types check. */
function commandsIn(
  entities: FeatureLists['entities'],
  operations: FeatureLists['operations'],
  kinds: ReadonlySet<string>,
): readonly AnyCommand[] {
  const commands = new Map<string, AnyCommand>();
  const declared: readonly AnyCommand[] = entities.flatMap((entity) => entity.commands ?? []);
  for (const command of [...declared, setScheduleFor(schedulableTypes(operations))]) {
    const { name, existingKind } = command;
    if (commands.has(name)) throw new TypeError(`${name} is declared twice`);
    if (existingKind !== undefined && !kinds.has(existingKind))
      throw new TypeError(`${name} takes the id of a “${existingKind}”, which no read model is addressed by`);
    commands.set(name, command);
  }
  return [...commands.values()];
}

function assertAddresses(pages: FeatureLists['pages'], kinds: ReadonlySet<string>): void {
  const targets = new Set<string>();
  for (const page of pages) {
    for (const { id, path } of [page, ...(page.forms ?? []), ...(page.answers ?? [])])
      if (id && !kinds.has(id.kind))
        throw new TypeError(`${path} is found by ids of a “${id.kind}”, which no read model is addressed by`);
    for (const target of Object.keys(page.linkTargets ?? {})) {
      if (targets.has(target)) throw new TypeError(`links to a “${target}” lead to two pages`);
      targets.add(target);
    }
  }
}

/** The lists of the product's own features. */
export const FEATURE_LISTS: FeatureLists = {
  entities: ENTITIES,
  operations: OPERATIONS,
  models: HUB_MODELS,
  pages: PAGES,
  views: [VIEWS],
};

/** The product's own features. */
export const productFeatures: Features = createFeatures(FEATURE_LISTS);
