import type { JsonObject } from '../ledger/canonical-json.js';
import type { EventDraft, RecordedEvent } from '../ledger/event-registry.js';
import type { StreamHead } from '../ledger/stream-head.js';
import type { RepeatedItem } from '../runs/decider.js';
import type { ItemOutcome } from '../runs/run-events.js';
import type { Effect } from './effect.js';
import type { RunFailure } from './run-failure.js';
import type { CommonWords, Link, Outcome, Words } from './vocabulary.js';

/** The run as its handler sees and moves it. Every call after the claim was lost throws ClaimLostError. */
export interface RunHandle<Own extends Words = CommonWords> {
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
  history(): AsyncIterable<RecordedEvent>;
  setTotal(total: number): Promise<void>;
  /**
   * Records an item's outcome, with what it produced (in the same append). Buffered; an item recorded before is
   * ignored. Resolves at once unless the buffer is full.
   */
  record(outcome: Outcome<Own>, produced?: Own['draft']): Promise<void>;
  /** Items of earlier runs that this one has repeated so far, by `originKey`. */
  readonly repeated: ReadonlySet<string>;
  /**
   * Says that an item succeeded as in the earlier run of this operation that recorded it, and produced the same.
   * Buffered like an outcome.
   */
  repeat(item: RepeatedItem): Promise<void>;
  /** Appends what is buffered. */
  flush(): Promise<void>;
  note(note: string): Promise<void>;
  /**
   * Changes something outside, the only way for a handler to do so; one effect of a run after another. Answers what
   * `send` or `lookUp` answered, also of an earlier attempt: nothing is sent again then. Errors: EffectAmbiguous;
   * those of `send` where nothing was changed; the run's signal's reason; RangeError for a time in flight beyond
   * the type's `effectTimeoutMs`.
   */
  effect<Result extends JsonObject | null>(effect: Effect<Result>): Promise<Result>;
  /**
   * Appends an event to another stream, after `expected`, at most once for a run: where an earlier attempt's repetition
   * finds it there, that is the answer. Errors: RevisionConflictError when the stream stands elsewhere.
   */
  produce(stream: string, draft: EventDraft, expected: StreamHead): Promise<ProducedAt>;
  /**
   * Does an item's work within the type's item budget, so that one item that hangs doesn't eat the run's. Rejects
   * with ItemBudgetSpent once it is spent, to be recorded as the item's failure; the work's signal aborts then, and
   * work that ignores it is not waited for. An effect in flight is waited for.
   */
  withinItemBudget<Result>(work: (signal: AbortSignal) => Promise<Result>): Promise<Result>;
  /**
   * Says that the run waits for something outside until `until` (milliseconds since 1970). Written in the
   * background; trouble with it meets the handler at its next call.
   */
  waiting(what: {
    readonly reasonCode: Own['failure'];
    readonly until: number;
    readonly reason: string;
  }): void;
  /** The error to throw for a failure of the run with a code of its type. */
  failure(reasonCode: Own['failure'], reason: string, options?: ErrorOptions): RunFailure<string>;
}

/** Where an event of another stream stands that the run has appended. */
export interface ProducedAt {
  readonly revision: number;
  readonly position: number;
}

export interface Completion<Own extends Words = CommonWords> {
  /** The outcome in words: "68 policies read". */
  readonly summary: string;
  readonly related: readonly Link<Own>[];
}
