import type { AnyModel } from '../../projections/engine/model.js';
import type { Projection } from '../../projections/engine/projection.js';
import { HUB_MODELS } from '../../projections/hub/hub-models.js';
import { createHubProjection } from '../../projections/hub/hub-projection.js';
import type { EventRegistry } from '../ledger/event-registry.js';
import type { OperationDefinition } from '../operations/define.js';
import { createOperationRegistry, OPERATIONS, type OperationRegistry } from '../operations/registry.js';
import type { TenantPage } from '../web/pages/page.js';
import { PAGES } from '../web/pages/pages.js';
import { VIEWS } from '../web/view/renderer.js';
import { eventsWith } from './product-events.js';

/** What features declare: one list in each layer. */
export interface FeatureLists {
  readonly operations: readonly OperationDefinition[];
  /** Read models of the hub, in the order in which they fold an event. */
  readonly models: readonly AnyModel[];
  /** Pages of a tenant, in the order of the rail. */
  readonly pages: readonly TenantPage<unknown>[];
  /** Folders of templates; the first one that has a template gives it. */
  readonly views: readonly string[];
}

/** What a program is made of, as its parts need it. */
export interface Features {
  readonly operations: OperationRegistry;
  /** The core's events and those that the operation types declare. */
  readonly events: EventRegistry;
  readonly hub: Projection;
  readonly pages: readonly TenantPage<unknown>[];
  readonly views: readonly string[];
}

/** Puts features together. Throws a TypeError when two of them declare the same type, event, code or table. */
export function createFeatures({ operations, models, pages, views }: FeatureLists): Features {
  return {
    operations: createOperationRegistry(operations),
    events: eventsWith(operations),
    hub: createHubProjection(models),
    pages,
    views,
  };
}

/** The lists of the product's own features. */
export const FEATURE_LISTS: FeatureLists = {
  operations: OPERATIONS,
  models: HUB_MODELS,
  pages: PAGES,
  views: [VIEWS],
};

/** The product's own features. */
export const productFeatures: Features = createFeatures(FEATURE_LISTS);
