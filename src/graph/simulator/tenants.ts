import type { Chance, Clock } from '../../clock.js';
import { delayedReads } from './delayed-reads.js';
import type { GraphRequest } from './graph-answer.js';
import { createTenantState, type GraphContent, type SimulatedState } from './tenant-state.js';

/** The content of a tenant by generation. */
export type TenantSource = (
  | { readonly kind: 'fixed'; readonly content: GraphContent }
  | { readonly kind: 'generations'; readonly at: (generation: number) => GraphContent }
) & {
  /** Paths of collections that the tenant has no licence for; none by default. */
  readonly unlicensed?: readonly string[];
};

export interface SimulatedTenant {
  readonly key: string;
  readonly state: SimulatedState;
  /** The state as requests write it, and as they read it. */
  readonly writes: SimulatedState;
  readonly reads: SimulatedState;
  /** Paths of collections that the tenant has no licence for. */
  readonly unlicensed: ReadonlySet<string>;
  generation(): number;
  /** Changes to a generation, and keeps what clients have written. */
  moveTo(generation: number): void;
  /** Called with each request before it is served, so that the content can change between two inventories. */
  observe(request: GraphRequest): void;
}

/** Reading this collection counts as an inventory, because every inventory of all policies reads it. */
const INVENTORY_MARK = 'deviceManagement/configurationPolicies';
/**
 * Shortest life of a generation, so that the start of another inventory doesn't change the content of one that is
 * running.
 */
const GENERATION_LIFE_MIN_MS = 3000;

/**
 * A tenant whose content changes when its settings catalog is listed a second time: two inventories one after the
 * other see a difference, and each inventory sees one state.
 */
export function createSimulatedTenant(
  key: string,
  source: TenantSource,
  {
    clock,
    chance,
    firstGeneration,
    readAfterWriteMs,
  }: {
    readonly clock: Clock;
    readonly chance: Chance;
    readonly firstGeneration: number;
    readonly readAfterWriteMs: number;
  },
): SimulatedTenant {
  let generation = firstGeneration;
  let content = source.kind === 'fixed' ? source.content : source.at(generation);
  const state = createTenantState(content, chance.uuid());
  const delayed = delayedReads(state, clock, readAfterWriteMs);
  let listed = false;
  let since = clock.monotonicMs();

  const tenant: SimulatedTenant = {
    key,
    state,
    ...delayed,
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
