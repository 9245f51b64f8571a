import type { z } from 'zod';
import type { ReasonCode } from '../runs/reason-codes.js';
import type { PlanResult, PlanServices } from './plan.js';

/** What the ledger needs to know of any operation type, whoever carries it out. */
export interface OperationType {
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
  /** Codes that its items and failures have besides the built-in ones. */
  readonly reasonCodes: Readonly<Record<string, ReasonCode>>;
  plan(input: unknown, services: PlanServices): Promise<PlanResult>;
}
