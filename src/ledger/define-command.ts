import type { z } from 'zod';
import type { Capability } from '../access/capabilities.js';
import { appendDecided } from './append-decided.js';
import type { Entity } from './define-entity.js';
import type { ChangeOutcome, ChangeRequest, EntityCommand } from './entity-command.js';
import { type AnyEventDefinition, type DraftOf, isEvent } from './event-registry.js';
import type { Ledger } from './ledger.js';
import { EMPTY_HEAD, headAfter, type StreamHead } from './stream-head.js';

/**
 * What a command decides: events (none when nothing has to change), or a refusal as a sentence for the person who
 * asked.
 */
export type CommandDecision<Events extends readonly AnyEventDefinition[]> =
  | readonly DraftOf<Events[number]>[]
  | { readonly refusal: string };

interface CommandDeclaration<Events extends readonly AnyEventDefinition[], State, Input, Given> {
  readonly name: string;
  readonly summary: string;
  readonly capability: Capability;
  readonly input: z.ZodType<Input, Given>;
  /** Set when the command changes only what is there already; see EntityCommand. */
  readonly existingKind?: string;
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
    summary: command.summary,
    capability: command.capability,
    input: command.input,
    existingKind: command.existingKind,
    idOf: (given) => command.idOf?.(command.input.parse(given)),
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
