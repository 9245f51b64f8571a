import type { AnyCommand } from './entity-command.js';
import type { AnyEventDefinition, RecordedOf } from './event-registry.js';
import { streamName } from './streams.js';

/** A kind of thing that has its own streams, with every event type that these streams may contain. */
export interface Entity<
  Events extends readonly AnyEventDefinition[] = readonly AnyEventDefinition[],
  State = unknown,
> {
  /** The first word of its stream names. */
  readonly category: string;
  /** The rest of its stream names, for the documentation: `<tenant>.<fingerprint>`. */
  readonly streams: string;
  readonly events: Events;
  /** Its state before its first event. */
  readonly initial: State;
  evolve(state: State, event: RecordedOf<Events[number]>): State;
  /** The name of one entity's stream; without `id`, of the tenant's only one. */
  stream(tenantId: string, id?: string): string;
}

/** An entity of any state, as the composition collects them, with the commands that the API offers. */
export interface AnyEntity extends Pick<Entity, 'category' | 'streams' | 'events'> {
  readonly commands?: readonly AnyCommand[];
}

interface Declaration<Events extends readonly AnyEventDefinition[]> {
  readonly category: string;
  readonly streams: string;
  readonly events: Events;
}

/**
 * Declares an entity. An entity with commands gives the function that folds its events into a state; without it the
 * state is null. Throws a TypeError for an event of another category.
 */
export function defineEntity<const Events extends readonly AnyEventDefinition[], State>(
  declaration: Declaration<Events> & {
    readonly initial: State;
    readonly evolve: (state: State, event: RecordedOf<NoInfer<Events>[number]>) => State;
  },
): Entity<Events, State>;
export function defineEntity<const Events extends readonly AnyEventDefinition[]>(
  declaration: Declaration<Events>,
): Entity<Events, null>;
export function defineEntity({
  category,
  streams,
  events,
  initial = null,
  evolve = (state) => state,
}: Declaration<readonly AnyEventDefinition[]> & Partial<Pick<Entity, 'initial' | 'evolve'>>): Entity {
  for (const event of events)
    if (event.category !== category)
      throw new TypeError(`${event.type} stands in “${event.category}” streams, not in “${category}” ones`);
  const stream = (tenantId: string, id?: string) => streamName(category, tenantId, id);
  return { category, streams, events, initial, evolve, stream };
}
