import type { z } from 'zod';
import type { AnyEventDefinition, DraftOf, EventDraft } from '../ledger/event-registry.js';
import type { ReasonCode } from '../runs/reason-codes.js';
import type { OperationServices } from './operation-services.js';
import type { OperationType } from './operation-type.js';
import type { PlanResult, PlanServices } from './plan.js';
import type { Completion, RunHandle } from './run-handle.js';

/**
 * A type that this program's workers carry out. One such definition and a line in `registry.ts` are all it takes
 * to add one.
 */
export interface OperationDefinition extends OperationType {
  readonly carriedOutBy: 'worker';
  readonly context: z.ZodType;
  /** The event types that its runs and their results add to the ledger. */
  readonly events: readonly AnyEventDefinition[];
  /** Attempts that count before the run is aborted as `worker_lost`. */
  readonly attemptLimit: number;
  /** Longest one attempt may take, milliseconds. */
  readonly budgetMs: number;
  /** Longest the work of one item may take, milliseconds. */
  readonly itemBudgetMs: number;
  handle(run: RunHandle, context: unknown, services: OperationServices): Promise<Completion>;
  /** Joins what many items produced into few events within the size limits. */
  merge(produced: readonly EventDraft[]): readonly EventDraft[];
}

const ATTEMPT_LIMIT = 3;
const BUDGET_MS = 60 * 60 * 1000;
/** Longer than the client of Graph waits in all where Graph asks for patience, shorter than the run's. */
const ITEM_BUDGET_MS = 20 * 60 * 1000;

/** Declares an operation type; the handler gets its context checked and typed. */
export function defineOperation<
  Input,
  Context,
  const Events extends readonly AnyEventDefinition[] = readonly [],
>(definition: {
  readonly type: string;
  readonly version?: number;
  readonly label: string;
  readonly description: string;
  readonly itemisedBy: string;
  readonly input: z.ZodType<Input>;
  readonly context: z.ZodType<Context>;
  readonly events?: Events;
  readonly reasonCodes?: Readonly<Record<string, ReasonCode>>;
  readonly attemptLimit?: number;
  readonly budgetMs?: number;
  readonly itemBudgetMs?: number;
  readonly plan: (input: Input, services: PlanServices) => Promise<PlanResult>;
  readonly handle: (
    run: RunHandle<DraftOf<Events[number]>>,
    context: Context,
    services: OperationServices,
  ) => Promise<Completion>;
  readonly merge?: (produced: readonly DraftOf<Events[number]>[]) => readonly DraftOf<Events[number]>[];
}): OperationDefinition {
  const { plan, handle, merge, ...rest } = definition;
  return {
    carriedOutBy: 'worker',
    version: 1,
    events: [],
    reasonCodes: {},
    attemptLimit: ATTEMPT_LIMIT,
    budgetMs: BUDGET_MS,
    itemBudgetMs: ITEM_BUDGET_MS,
    ...rest,
    merge: merge
      ? (produced) => merge(produced as readonly DraftOf<Events[number]>[])
      : (produced) => produced,
    plan: (input, services) => plan(input as Input, services),
    handle: (run, context, services) => handle(run, definition.context.parse(context), services),
  };
}
