import type { JsonObject } from '../ledger/canonical-json.js';
import type { EventDraft, RecordedEvent } from '../ledger/event-registry.js';
import type { StreamHead } from '../ledger/stream-head.js';
import type { RepeatedItem } from '../runs/decider.js';
import type { Initiator, ItemOutcome } from '../runs/run-events.js';
import type { Effect } from './effect.js';
import type { RunFailure } from './run-failure.js';
import type { CommonWords, Link, Outcome, Words } from './vocabulary.js';

/** A handler's access to its run. Every call throws ClaimLostError after the claim was lost. */
export interface RunHandle<Own extends Words = CommonWords> {
  readonly tenantId: string;
  readonly runId: string;
  readonly attempt: number;
  readonly correlationId: string;
  readonly initiator: Initiator;
  readonly scope: JsonObject;
  /** Aborts when the claim is lost, the budget is spent or the process stops. */
  readonly signal: AbortSignal;
  /** Outcomes recorded so far, also by earlier attempts; the handler skips these items. */
  readonly recorded: ReadonlyMap<string, ItemOutcome>;
  /** The run's events up to the claim, so that the handler can continue from what earlier attempts produced. */
  history(): AsyncIterable<RecordedEvent>;
  setTotal(total: number): Promise<void>;
  /**
   * Records an item's outcome, with what it produced (in the same append). Buffered; an item recorded before is
   * ignored. Resolves at once unless the buffer is full.
   */
  record(outcome: Outcome<Own>, produced?: Own['draft']): Promise<void>;
  /** Items of earlier runs that this run has repeated so far, by `originKey`. */
  readonly repeated: ReadonlySet<string>;
  /**
   * Records that an item succeeded as in an earlier run, which may be of another type, by a reference to that run.
   * Buffered like an outcome.
   */
  repeat(item: RepeatedItem): Promise<void>;
  /** Appends what is buffered. */
  flush(): Promise<void>;
  note(note: string): Promise<void>;
  /**
   * Changes something outside; handlers have no other way to do so. A run does one effect at a time. Returns the
   * result of `send` or `lookUp`; when an earlier attempt recorded the result, it is returned and nothing is sent
   * again. Errors: EffectAmbiguous; those of `send` when nothing was changed; the reason of the run's signal;
   * RangeError for a time in flight beyond the type's `effectTimeoutMs`.
   */
  effect<Result extends JsonObject | null>(effect: Effect<Result>): Promise<Result>;
  /**
   * Appends an event to another stream after the revision `expected`, at most once for a run: when an earlier
   * attempt has appended it, its place is returned. In the stream of another tenant the event is an act of the run's
   * initiator there. Errors: RevisionConflictError when the stream has another revision.
   */
  produce(stream: string, draft: EventDraft, expected: StreamHead, inTenant?: string): Promise<ProducedAt>;
  /**
   * Does the work of an item within the type's item budget, so that an item that hangs doesn't use up the budget
   * of the run. When the item budget is spent, it aborts the signal of the work and rejects with ItemBudgetSpent,
   * which the handler records as the item's failure. It doesn't wait for work that ignores the signal, except for
   * an effect in flight.
   */
  withinItemBudget<Result>(work: (signal: AbortSignal) => Promise<Result>): Promise<Result>;
  /**
   * Records that the run waits for something outside until `until` (milliseconds since 1970). The append happens
   * in the background; when it fails, the handler's next call throws the error.
   */
  waiting(what: {
    readonly reasonCode: Own['failure'];
    readonly until: number;
    readonly reason: string;
  }): void;
  /** Makes the error to throw for a failure of the run with a reason code of its type. */
  failure(reasonCode: Own['failure'], reason: string, options?: ErrorOptions): RunFailure<string>;
}

/** The place of an event that the run has appended to another stream. */
export interface ProducedAt {
  readonly revision: number;
  readonly position: number;
}

export interface Completion<Own extends Words = CommonWords> {
  /** The outcome in words, such as "68 policies read". */
  readonly summary: string;
  readonly related: readonly Link<Own>[];
}
