import type { Clock } from '../../clock.js';
import type { GraphRequest } from './graph-answer.js';
import { createTenantState, type GraphContent, type TenantState } from './tenant-state.js';

/** What a tenant holds: always the same, or something else from one generation to the next. */
export type TenantSource = (
  | { readonly kind: 'fixed'; readonly content: GraphContent }
  | { readonly kind: 'generations'; readonly at: (generation: number) => GraphContent }
) & {
  /** Paths of collections that the tenant has no licence for; none unless given. */
  readonly unlicensed?: readonly string[];
};

export interface SimulatedTenant {
  readonly key: string;
  readonly state: TenantState;
  /** Paths of collections that the tenant has no licence for. */
  readonly unlicensed: ReadonlySet<string>;
  generation(): number;
  /** Moves on to a generation, keeping what was written meanwhile. */
  moveTo(generation: number): void;
  /** Told of each request before it is served, so that content can move on between two inventories. */
  observe(request: GraphRequest): void;
}

/** The list whose reading stands for an inventory; every inventory of policies reads it. */
const INVENTORY_MARK = 'deviceManagement/configurationPolicies';
/** A generation lives at least so long, so that an inventory isn't overtaken by another one's beginning. */
const GENERATION_LIFE_MIN_MS = 3000;

/**
 * A tenant whose content moves on when its settings catalog has been listed and is listed again: two
 * inventories one after the other see a difference, and one inventory sees one state.
 */
export function createSimulatedTenant(
  key: string,
  source: TenantSource,
  clock: Clock,
  firstGeneration = 0,
): SimulatedTenant {
  let generation = firstGeneration;
  let content = source.kind === 'fixed' ? source.content : source.at(generation);
  const state = createTenantState(content);
  let listed = false;
  let since = clock.monotonicMs();

  const tenant: SimulatedTenant = {
    key,
    state,
    unlicensed: new Set(source.unlicensed),
    generation: () => generation,
    moveTo(next) {
      if (source.kind === 'fixed') return;
      const to = source.at(next);
      state.advance(content, to);
      content = to;
      generation = next;
      since = clock.monotonicMs();
      listed = false;
    },
    observe(request) {
      if (request.method !== 'GET' || request.segments.join('/') !== INVENTORY_MARK) return;
      const first = !request.query.has('$skiptoken');
      if (first && listed && clock.monotonicMs() - since >= GENERATION_LIFE_MIN_MS)
        tenant.moveTo(generation + 1);
      listed = true;
    },
  };
  return tenant;
}
