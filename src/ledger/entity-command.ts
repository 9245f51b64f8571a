import type { z } from 'zod';
import type { Capability } from '../access/capabilities.js';
import type { Actor } from './envelope.js';
import type { Ledger } from './ledger.js';

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
  /** `finding.acknowledge`; the API's address ends with it, so it never changes. */
  readonly name: string;
  /** What it does, in a few words, for the API's document. */
  readonly summary: string;
  readonly capability: Capability;
  readonly input: z.ZodType<unknown, Given>;
  /** Set when the command changes only what is there already: the kind of the id, as a read model has it in `addressed`. */
  readonly existingKind?: string | undefined;
  /** The id of the entity; undefined when a tenant has only one. Errors: z.ZodError. */
  idOf(given: Given): string | undefined;
  /**
   * Reads the entity from the log, decides, and appends the decision. When nothing has to change, the position is
   * that of the entity's last event, or -1 if it has none. Errors: z.ZodError, and those of the ledger.
   */
  carryOut(ledger: Ledger, given: Given, request: ChangeRequest): Promise<ChangeOutcome>;
}

/** A command of any input, as the composition collects them. */
export type AnyCommand = EntityCommand<unknown>;
