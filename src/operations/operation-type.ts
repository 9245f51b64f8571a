import type { z } from 'zod';
import type { Capability } from '../access/capabilities.js';
import type { PlanResult, PlanServices } from './plan.js';
import type { Vocabulary } from './vocabulary.js';

/** What the ledger needs to know of any operation type, whoever carries it out. */
export interface OperationType extends Vocabulary {
  /** `resource.action`. */
  readonly type: string;
  /** Version of the context schema; raise it when old workers can't carry out new runs. */
  readonly version: number;
  /** For people: "Inventory". */
  readonly label: string;
  readonly description: string;
  readonly itemisedBy: string;
  /** What somebody who starts it gives; defaults filled in, lists that are sets sorted and de-duplicated. */
  readonly input: z.ZodType;
  /** How long a run may wait for somebody to take it before it is failed as `dispatch_failed`, milliseconds. */
  readonly waitLimitMs: number;
  /** What starting it with this input takes. */
  capability(input: unknown): Capability;
  plan(input: unknown, services: PlanServices): Promise<PlanResult>;
}

/** What a start takes where the type asks for nothing else. */
export const START_CAPABILITY: Capability = 'runs.start';
