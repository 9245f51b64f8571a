import type { z } from 'zod';
import type { Capability } from '../access/capabilities.js';
import { appendDecided } from './append-decided.js';
import type { Entity } from './define-entity.js';
import type { Actor } from './envelope.js';
import { type AnyEventDefinition, type DraftOf, isEvent } from './event-registry.js';
import type { Ledger } from './ledger.js';
import { EMPTY_HEAD, headAfter, type StreamHead } from './stream-head.js';

/** Who asks for a change, in which tenant and in which request. */
export interface ChangeRequest {
  readonly tenantId: string;
  readonly actor: Actor;
  readonly correlationId: string;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** A change and its position in the log, or the reason for refusing it, as a sentence for the person who asked. */
export type ChangeOutcome =
  | { readonly kind: 'changed'; readonly position: number }
  | { readonly kind: 'refused'; readonly message: string };

/** A change that people and API clients can request for an entity. */
export interface EntityCommand<Given> {
  /** `finding.acknowledge`. */
  readonly name: string;
  readonly capability: Capability;
  /**
   * Reads the entity from the log, decides, and appends the decision. When nothing has to change, the position is
   * that of the entity's last event, or -1 if it has none. Errors: z.ZodError, and those of the ledger.
   */
  carryOut(ledger: Ledger, given: Given, request: ChangeRequest): Promise<ChangeOutcome>;
}

/**
 * What a command decides: events (none when nothing has to change), or a refusal as a sentence for the person who
 * asked.
 */
export type CommandDecision<Events extends readonly AnyEventDefinition[]> =
  | readonly DraftOf<Events[number]>[]
  | { readonly refusal: string };

interface CommandDeclaration<Events extends readonly AnyEventDefinition[], State, Input, Given> {
  readonly name: string;
  readonly capability: Capability;
  readonly input: z.ZodType<Input, Given>;
  /** The id of the entity; left out when a tenant has only one. */
  readonly idOf?: (input: Input) => string;
  /** Must be pure: it is called again when another writer appended first. */
  readonly decide: (state: State, input: Input, request: ChangeRequest) => CommandDecision<Events>;
}

/** Returns the function that declares the commands of an entity. */
export const commandsOf =
  <Events extends readonly AnyEventDefinition[], State>(entity: Entity<Events, State>) =>
  <Input, Given>(command: CommandDeclaration<Events, State, Input, Given>): EntityCommand<Given> => ({
    name: command.name,
    capability: command.capability,
    async carryOut(ledger, given, request) {
      const input = command.input.parse(given);
      const { tenantId, actor, correlationId } = request;
      const context = { tenantId, actor, correlationId, causationId: correlationId };
      const stream = entity.stream(tenantId, command.idOf?.(input));
      const changed = await appendDecided<Folded<State>, ChangeOutcome>(ledger, stream, {
        read: () => fold(ledger, entity, stream),
        decide({ state, position }) {
          const decided = command.decide(state, input, request);
          if ('refusal' in decided) return { answer: { kind: 'refused', message: decided.refusal } };
          if (decided.length === 0) return { answer: { kind: 'changed', position } };
          return { events: decided, context };
        },
      });
      if ('answer' in changed) return changed.answer;
      return { kind: 'changed', position: changed.appended.position };
    },
  });

interface Folded<State> {
  readonly state: State;
  readonly head: StreamHead;
  readonly position: number;
}

async function fold<Events extends readonly AnyEventDefinition[], State>(
  ledger: Ledger,
  entity: Entity<Events, State>,
  stream: string,
): Promise<Folded<State>> {
  let folded: Folded<State> = { state: entity.initial, head: EMPTY_HEAD, position: -1 };
  for await (const event of ledger.read(stream)) {
    const state = isEvent(event, ...entity.events) ? entity.evolve(folded.state, event) : folded.state;
    folded = { state, head: headAfter(event), position: event.position };
  }
  return folded;
}
