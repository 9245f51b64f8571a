import type { z } from 'zod';
import type { Clock } from '../clock.js';
import type { EventDraft, LedgerEvent } from '../events.js';
import type { GraphClient } from '../graph/client/graph-client.js';
import type { JsonObject } from '../ledger/canonical-json.js';
import type { Ledger } from '../ledger/ledger.js';
import type { ReasonCode } from '../runs/reason-codes.js';
import type { ItemOutcome, Related } from '../runs/run-events.js';

/** What a handler may use of the world. Read models are not among it: they lag. */
export interface OperationServices {
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly artifacts: ArtifactAccess;
  /** A client for the run's tenant; `readOnly` is enforced before the socket. */
  graph(options: {
    readonly tenantId: string;
    readonly readOnly: boolean;
    readonly run: RunHandle;
  }): Promise<GraphClient>;
}

/** The part of the artifact store that operations use. */
export interface ArtifactAccess {
  put(tenantId: string, body: Uint8Array): Promise<string>;
  /** Undefined when it is not there (or no longer). */
  get(tenantId: string, address: string): Promise<Uint8Array | undefined>;
  /** Keyed hash under the tenant's key, 64 hex digits: equal texts of one tenant, and only those, are equal. */
  digest(tenantId: string, text: string): Promise<string>;
}

/** What a start must know besides its input. */
export interface PlanServices {
  readonly ledger: Ledger;
  readonly tenantId: string;
  /** Whether the tenant has a connection to Graph. */
  readonly connected: boolean;
}

/** How an input becomes a run. */
export interface Plan {
  /** What enters the key: defaults dropped, sets sorted. */
  readonly scope: JsonObject;
  /** What the handler needs besides. */
  readonly context: JsonObject;
  readonly title: string;
  readonly total: number | null;
  readonly related: readonly Related[];
}

export interface Refusal {
  readonly code: string;
  /** In words for the person who asked, saying what to do next. */
  readonly message: string;
}

export type PlanResult = { readonly plan: Plan } | { readonly refusal: Refusal };

/** The run as its handler sees and moves it. Every call after the claim was lost throws ClaimLostError. */
export interface RunHandle {
  readonly tenantId: string;
  readonly runId: string;
  readonly attempt: number;
  readonly correlationId: string;
  readonly initiatorId: string;
  readonly scope: JsonObject;
  /** Aborts when the claim is lost, the budget is spent or the process stops. */
  readonly signal: AbortSignal;
  /** Outcomes recorded so far, earlier attempts' included: the handler goes on from them. */
  readonly recorded: ReadonlyMap<string, ItemOutcome>;
  /** The run's own events up to the claim, to go on from what earlier attempts produced. */
  history(): AsyncIterable<LedgerEvent>;
  setTotal(total: number): Promise<void>;
  /**
   * Records an item's outcome, with what it produced (in the same append). Buffered; an item recorded before is
   * ignored. Resolves at once unless the buffer is full.
   */
  record(outcome: ItemOutcome, produced?: EventDraft): Promise<void>;
  /** Appends what is buffered. */
  flush(): Promise<void>;
  note(note: string): Promise<void>;
  /**
   * Resolves when nobody else can take the run over for the next `forMs` milliseconds. Awaited right before a
   * request that changes something outside and whose timeout is no longer than that; its intent is noted before.
   */
  held(forMs: number): Promise<void>;
  /**
   * Does an item's work within the type's item budget, so that one item that hangs doesn't eat the run's. Rejects
   * with ItemBudgetSpent once it is spent, to be recorded as the item's failure; the work's signal aborts then, and
   * work that ignores it is not waited for. Not for a request that changes something outside, which has a timeout of
   * its own: it must not arrive after its item was recorded as failed.
   */
  withinItemBudget<Result>(work: (signal: AbortSignal) => Promise<Result>): Promise<Result>;
  /**
   * Says that the run waits for something outside until `until` (milliseconds since 1970). Written in the
   * background; trouble with it meets the handler at its next call.
   */
  waiting(what: { readonly reasonCode: string; readonly until: number; readonly reason: string }): void;
}

export interface Completion {
  /** The outcome in words: "68 policies read". */
  readonly summary: string;
  readonly related: readonly Related[];
}

/**
 * A failure with a reason code of the list: of the whole run, unless the handler records it as an item's. The text is
 * sanitized before it is recorded.
 */
export class RunFailure extends Error {
  override readonly name = 'RunFailure';
  constructor(
    readonly reasonCode: string,
    reason: string,
    options?: ErrorOptions,
  ) {
    super(reason, options);
  }
}

/** The run belongs to another worker now, or has ended: stop without recording anything. */
export class ClaimLostError extends Error {
  override readonly name = 'ClaimLostError';
}

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

/**
 * A type that this program's workers carry out. One such definition and a line in `registry.ts` are all it takes
 * to add one.
 */
export interface OperationDefinition extends OperationType {
  readonly carriedOutBy: 'worker';
  readonly context: z.ZodType;
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
export function defineOperation<Input, Context>(definition: {
  readonly type: string;
  readonly version?: number;
  readonly label: string;
  readonly description: string;
  readonly itemisedBy: string;
  readonly input: z.ZodType<Input>;
  readonly context: z.ZodType<Context>;
  readonly reasonCodes?: Readonly<Record<string, ReasonCode>>;
  readonly attemptLimit?: number;
  readonly budgetMs?: number;
  readonly itemBudgetMs?: number;
  readonly plan: (input: Input, services: PlanServices) => Promise<PlanResult>;
  readonly handle: (run: RunHandle, context: Context, services: OperationServices) => Promise<Completion>;
  readonly merge?: (produced: readonly EventDraft[]) => readonly EventDraft[];
}): OperationDefinition {
  const { plan, handle, ...rest } = definition;
  return {
    carriedOutBy: 'worker',
    version: 1,
    reasonCodes: {},
    attemptLimit: ATTEMPT_LIMIT,
    budgetMs: BUDGET_MS,
    itemBudgetMs: ITEM_BUDGET_MS,
    merge: (produced) => produced,
    ...rest,
    plan: (input, services) => plan(input as Input, services),
    handle: (run, context, services) => handle(run, definition.context.parse(context), services),
  };
}
