import type { z } from 'zod';
import type { Capability } from '../access/capabilities.js';
import type { PlanResult, PlanServices } from './plan.js';
import type { Schedulable } from './schedulable.js';
import type { Vocabulary } from './vocabulary.js';

/** What the ledger needs to know about an operation type of workers or of producers. */
export interface OperationType extends Vocabulary {
  /** `resource.action`. */
  readonly type: string;
  /** Version of the context schema; raise it when old workers can't carry out new runs. */
  readonly version: number;
  /** Name for people, such as "Inventory". */
  readonly label: string;
  readonly description: string;
  readonly itemisedBy: string;
  /** Input of a start. Parsing fills in defaults, and sorts and de-duplicates lists that are sets. */
  readonly input: z.ZodType;
  /** How long a run may wait until it is taken before it is failed as `dispatch_failed`, milliseconds. */
  readonly waitLimitMs: number;
  /** How schedules start its runs; undefined for a type that no schedule can start. */
  readonly schedulable: Schedulable | undefined;
  /** What a run with an empty input covers, such as "all policy types"; undefined for a type without such words. */
  readonly withoutInput: string | undefined;
  /** The capability that a start with this input requires. */
  capability(input: unknown): Capability;
  /**
   * The input as a run keeps it, for a type whose input may be too long for an event: `keep` stores a part of it as
   * an artifact and resolves to its address. Without it, the input is kept as it was given.
   */
  readonly inputToKeep?:
    | ((input: unknown, keep: (body: Uint8Array) => Promise<string>) => Promise<unknown>)
    | undefined;
  plan(input: unknown, services: PlanServices): Promise<PlanResult>;
}

/** The capability that a start requires by default. */
export const START_CAPABILITY: Capability = 'runs.start';
