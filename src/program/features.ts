import type { AnyModel } from '../../projections/engine/model.js';
import type { Projection } from '../../projections/engine/projection.js';
import { HUB_MODELS } from '../../projections/hub/hub-models.js';
import { createHubProjection } from '../../projections/hub/hub-projection.js';
import { ENTITIES } from '../entities/registry.js';
import type { AnyEntity } from '../ledger/define-entity.js';
import type { EventRegistry } from '../ledger/event-registry.js';
import type { OperationDefinition } from '../operations/define.js';
import { createOperationRegistry, OPERATIONS, type OperationRegistry } from '../operations/registry.js';
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
  readonly hub: Projection;
  readonly pages: readonly TenantPage<unknown>[];
  readonly views: readonly string[];
}

/**
 * Combines features. Throws a TypeError when two of them declare the same type, event, code, table or link target,
 * or when a page shows ids that no read model has.
 */
export function createFeatures({ entities, operations, models, pages, views }: FeatureLists): Features {
  assertAddresses(pages, models);
  return {
    operations: createOperationRegistry(operations),
    events: eventsOf(entities, operations),
    hub: createHubProjection(models),
    pages,
    views,
  };
}

function assertAddresses(pages: FeatureLists['pages'], models: FeatureLists['models']): void {
  const kinds = new Set(models.flatMap(({ addressed }) => addressed?.kind ?? []));
  const targets = new Set<string>();
  for (const page of pages) {
    for (const { id, path } of [page, ...(page.forms ?? [])])
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
