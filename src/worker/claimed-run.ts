import type { Clock } from '../clock.js';
import type { JsonObject } from '../ledger/canonical-json.js';
import { RevisionConflictError } from '../ledger/event-log.js';
import type { EventDraft, RecordedEvent } from '../ledger/event-registry.js';
import type { Ledger } from '../ledger/ledger.js';
import type { StreamHead } from '../ledger/stream-head.js';
import { ItemBudgetSpent } from '../operations/budgets.js';
import type { OperationDefinition } from '../operations/define.js';
import type { Effect } from '../operations/effect.js';
import { ForeignCodeError, isOwnCode } from '../operations/own-codes.js';
import { ClaimLostError, RunFailure } from '../operations/run-failure.js';
import type { ProducedAt, RunHandle } from '../operations/run-handle.js';
import type { Words } from '../operations/vocabulary.js';
import type { RepeatedItem } from '../runs/decider.js';
import { actorOf } from '../runs/initiator.js';
import { readRun } from '../runs/read-operation.js';
import {
  bounded,
  type ItemOutcome,
  LABEL_LENGTH_MAX,
  REASON_LENGTH_MAX,
  type Related,
} from '../runs/run-events.js';
import { contextOf, latestRun, type OperationState, type RunState } from '../runs/run-state.js';
import { sanitizeText } from '../sanitize/index.js';
import { ClaimCertainty } from './claim-certainty.js';
import { ClaimWriter, flooded } from './claim-writer.js';
import type { OpenGraphWriter } from './effect-sending.js';
import { endedBefore } from './ended-before.js';
import { withinItemBudget } from './item-budget.js';
import { OutcomeBatch, type OutcomeBatchLimits } from './outcome-batch.js';
import { produceOnce } from './produce-once.js';
import { createRunEffects, type RunEffects } from './run-effects.js';

/** The most items that a run may record; a handler that records more is faulty. */
const ITEMS_MAX = 200_000;
/** The most notes that one attempt may write; a handler that writes more is faulty. */
const NOTES_MAX = 10_000;
/** A new wait is recorded only when it ends at least this much later than the last recorded one. */
const WAIT_NOTED_AGAIN_MS = 1_000;

/** How this worker's hold on a run ended. */
export type ClaimEnd = 'ended' | 'released' | 'lost';

/**
 * One worker's hold on a run. Everything that the handler does is appended here, one append after another at the
 * known revision, fenced by the attempt. When the claim is lost, every call throws ClaimLostError. When an append
 * fails for another reason, the run can't complete any more, even if the handler didn't wait for that append.
 */
export class ClaimedRun implements RunHandle<Words> {
  readonly tenantId: string;
  readonly runId: string;
  readonly attempt: number;
  readonly correlationId: string;
  readonly initiatorId: string;
  readonly scope: JsonObject;

  #lastWaitUntil = 0;
  #notes = 0;
  #end: ClaimEnd | undefined;
  /** The reason why nothing can be written any more. */
  #closedBecause: string | undefined;
  #trouble: Error | undefined;
  #flushTimer: Promise<void> | undefined;
  readonly #lost = new AbortController();
  readonly #certainty: ClaimCertainty;
  readonly #batch: OutcomeBatch;
  readonly #writer: ClaimWriter;
  readonly #effects: RunEffects;

  constructor(
    private readonly deps: {
      readonly ledger: Ledger;
      readonly clock: Clock;
      readonly openGraphWriter: OpenGraphWriter;
      readonly definition: OperationDefinition;
      readonly stream: string;
      readonly tenantId: string;
      readonly worker: string;
      readonly limits: OutcomeBatchLimits;
      readonly controller: AbortController;
      /** When the claim was sent, on the monotonic clock, and how long it lasts without a sign of life. */
      readonly claimedMs: number;
      readonly lostAfterMs: number;
    },
    state: OperationState,
  ) {
    const run = latestRun(state);
    this.tenantId = deps.tenantId;
    this.runId = run.runId;
    this.attempt = run.attempt;
    this.correlationId = run.correlationId;
    this.initiatorId = actorOf(run.initiator).id;
    this.scope = run.scope;
    this.#certainty = new ClaimCertainty(deps.clock, deps);
    this.#batch = new OutcomeBatch(deps.definition, deps.limits);
    this.#writer = new ClaimWriter(
      {
        ...deps,
        certainty: this.#certainty,
        assertHeld: () => this.#assertHeld(),
        onLost: () => this.lose('the run belongs to another worker or has ended'),
      },
      state,
    );
    this.#effects = createRunEffects({
      ...{ run: this, runId: this.runId, lost: this.#lost.signal, clock: deps.clock },
      openGraphWriter: deps.openGraphWriter,
      timeoutMaxMs: deps.definition.effectTimeoutMs,
      isClaimCertainFor: (ms) => this.#certainty.reaches(ms),
      ensureClaimFor: (ms) => this.#handled(() => this.#ensureClaimFor(ms)),
      known: (key) => this.#run.effects.get(key),
      intend: (effect) => this.#handled(() => this.#writer.write({ kind: 'intend-effect', effect })),
      settle: (effect) => this.#handled(() => this.#writer.write({ kind: 'settle-effect', effect })),
    });
  }

  get signal(): AbortSignal {
    return this.deps.controller.signal;
  }

  get recorded(): ReadonlyMap<string, ItemOutcome> {
    return this.#run.items;
  }

  /** How this worker's hold ended, or undefined while it holds the run. */
  get end(): ClaimEnd | undefined {
    return this.#end;
  }

  /** Why the run can't complete although this worker still holds it, or undefined. */
  get trouble(): Error | undefined {
    return this.#trouble;
  }

  failure(reasonCode: string, reason: string, options?: ErrorOptions): RunFailure<string> {
    return new RunFailure<string>(reasonCode, reason, options);
  }

  history(): AsyncIterable<RecordedEvent> {
    return readRun(this.deps.ledger, this.tenantId, this.runId);
  }

  setTotal(total: number): Promise<void> {
    return this.#handled(() => this.#writer.write({ kind: 'set-total', total }));
  }

  note(note: string): Promise<void> {
    return this.#handled(() => {
      this.#notes += 1;
      if (this.#notes > NOTES_MAX) throw flooded(`The run wrote more than ${NOTES_MAX} notes.`);
      return this.#writer.write({ kind: 'note', note: bounded(sanitizeText(note), LABEL_LENGTH_MAX) });
    });
  }

  waiting(what: { reasonCode: string; until: number; reason: string }): void {
    if (this.#end || what.until < this.#lastWaitUntil + WAIT_NOTED_AGAIN_MS) return;
    const { reasonCode } = what;
    if (!isOwnCode(this.deps.definition, reasonCode, 'failure')) {
      this.#spoil(new ForeignCodeError(`the run waits for “${reasonCode}”, which is no failure of its type`));
      return;
    }
    this.#lastWaitUntil = what.until;
    const until = new Date(what.until).toISOString();
    const reason = bounded(sanitizeText(what.reason), REASON_LENGTH_MAX);
    void this.#handled(async () => {
      await this.#writeOut();
      await this.#writer.write({ kind: 'wait', reasonCode, until, reason });
    });
  }

  record(outcome: ItemOutcome, produced?: EventDraft): Promise<void> {
    return this.#handled(() => this.#record(outcome, produced));
  }

  async #record(outcome: ItemOutcome, produced?: EventDraft): Promise<void> {
    if (this.#run.items.has(outcome.itemId) || this.#batch.has(outcome.itemId)) return;
    this.#assertFewItems();
    if (this.#batch.add(outcome, produced)) return this.#writeOut();
    this.#flushTimer ??= this.#flushLater();
  }

  get repeated(): ReadonlySet<string> {
    return this.#run.repeated;
  }

  repeat(item: RepeatedItem): Promise<void> {
    return this.#handled(async () => {
      this.#assertFewItems();
      if (this.#batch.addRepeated(item)) return this.#writeOut();
      this.#flushTimer ??= this.#flushLater();
    });
  }

  #assertFewItems(): void {
    const { items, repeated } = this.#run;
    if (items.size + repeated.size + this.#batch.size >= ITEMS_MAX)
      throw flooded(`The run recorded more than ${ITEMS_MAX} items.`);
  }

  flush(): Promise<void> {
    return this.#handled(() => this.#writeOut());
  }

  /** Appends the buffered outcomes; resolves when no append is under way. */
  async #writeOut(): Promise<void> {
    const { outcomes, repeats } = this.#batch.take();
    if (outcomes.length + repeats.length === 0) return this.#writer.settled();
    const produced = new Map(outcomes.map((entry) => [entry.outcome.itemId, entry.produced]));
    await this.#writer.write({
      kind: 'record-items',
      items: outcomes.map((entry) => entry.outcome),
      repeats,
      produced: (fresh) =>
        this.deps.definition.merge(fresh.flatMap((item) => produced.get(item.itemId) ?? [])),
    });
    this.#batch.written(outcomes);
  }

  effect<Result extends JsonObject | null>(effect: Effect<Result>): Promise<Result> {
    const { definition } = this.deps;
    const performing = (async () => {
      this.#assertMovable();
      if (!definition.changesOutside(definition.contextOf(this.#run)))
        throw new TypeError(`this run of ${definition.type} may change nothing outside`);
      return this.#effects.perform(effect);
    })();
    performing.catch(() => undefined);
    return performing;
  }

  async produce(stream: string, draft: EventDraft, expected: StreamHead): Promise<ProducedAt> {
    this.#assertMovable();
    const { ledger, worker } = this.deps;
    const actor = { kind: 'worker', id: worker } as const;
    const context = contextOf(this.#run, { tenantId: this.tenantId, attempt: this.attempt, actor });
    try {
      await this.#ensureClaimFor(0);
      return await produceOnce(ledger, { run: this.#run, stream, draft, expected, context });
    } catch (error) {
      // The stream has moved on; the handler must read it and decide again.
      if (!(error instanceof RevisionConflictError)) this.#spoil(error);
      throw error;
    }
  }

  /**
   * Resolves when nobody can take over the run for the next `ms`. After a silence, an append checks that the claim
   * still exists.
   */
  async #ensureClaimFor(ms: number): Promise<void> {
    const certainty = this.#certainty;
    while (!certainty.reaches(ms)) {
      this.#assertMovable();
      if (certainty.unconfirmedUntilMs === undefined) await certainty.nextSign();
      else await this.#writer.write({ kind: 'note', note: 'The claim was checked again after a silence.' });
    }
    this.#assertMovable();
  }

  /** A sign of life that was sent at `sentMs` (monotonic) has been noted, at some time between then and now. */
  prolong(sentMs: number): void {
    this.#certainty.noted(sentMs);
  }

  async withinItemBudget<Result>(work: (signal: AbortSignal) => Promise<Result>): Promise<Result> {
    this.#assertMovable();
    const { clock, definition } = this.deps;
    try {
      return await withinItemBudget({ clock, signal: this.signal, budgetMs: definition.itemBudgetMs }, work);
    } catch (error) {
      if (error instanceof ItemBudgetSpent) await this.#landed();
      throw error;
    }
  }

  /** Completes the run; its counts are calculated from the recorded items. */
  async complete(completion: {
    readonly summary: string;
    readonly related: readonly Related[];
  }): Promise<void> {
    await this.#landed();
    await this.#writeOut();
    this.#assertMovable();
    await this.#writer.write({
      kind: 'complete',
      summary: bounded(sanitizeText(completion.summary), LABEL_LENGTH_MAX),
      related: completion.related,
    });
    this.#close('ended', 'the run has ended');
  }

  /**
   * Fails the run and records the buffered items if possible. A code that the run's type doesn't have becomes
   * `unexpected`.
   */
  async fail(reasonCode: string, reason: string): Promise<void> {
    await this.#landed();
    await this.#writeOut().catch(() => undefined);
    await this.#writer.write({
      kind: 'fail',
      reasonCode: isOwnCode(this.deps.definition, reasonCode, 'failure') ? reasonCode : 'unexpected',
      reason: bounded(sanitizeText(reason), REASON_LENGTH_MAX),
    });
    this.#close('ended', 'the run has ended');
  }

  /** Hands the run back with its recorded items; this doesn't count as an attempt. */
  async release(reason: string): Promise<void> {
    await this.#landed();
    await this.#writeOut().catch(() => undefined);
    await this.#writer.write({ kind: 'release', reason });
    this.#close('released', 'the run was handed back');
  }

  /** The claim is lost: nothing more is written, even if the handler goes on. */
  lose(why: string): void {
    this.#close('lost', why);
    this.#writer.abandon();
    this.#lost.abort(new ClaimLostError(why));
    this.deps.controller.abort(new ClaimLostError(why));
  }

  /** Stops waiting for answers: an append without an answer rejects, and its outcome stays unknown. */
  abandon(): void {
    this.#writer.abandon();
  }

  /**
   * Waits for a request that may still be carried out. Errors: EffectUnderWay when answers are no longer waited for.
   */
  async #landed(): Promise<void> {
    if (await endedBefore(this.#writer.abandoned, this.#effects.landed())) return;
    this.#assertHeld();
    throw new EffectUnderWay();
  }

  #close(end: ClaimEnd, why: string): void {
    this.#end ??= end;
    this.#closedBecause ??= why;
    this.#certainty.wakeAll();
  }

  #assertHeld(): void {
    if (this.#closedBecause !== undefined) throw new ClaimLostError(this.#closedBecause);
  }

  #assertMovable(): void {
    this.#assertHeld();
    if (this.#trouble) throw this.#trouble;
  }

  get #run(): RunState {
    return this.#writer.run;
  }

  async #flushLater(): Promise<void> {
    await this.deps.clock.sleep(this.deps.limits.waitMs, this.signal);
    this.#flushTimer = undefined;
    if (!this.#end) await this.#handled(() => this.#writeOut()).catch(() => undefined);
  }

  /**
   * Runs what a handler asks for. If the handler doesn't await the promise, its rejection doesn't end the process;
   * it is kept as the run's trouble.
   */
  #handled(work: () => Promise<void>): Promise<void> {
    const done = (async () => {
      this.#assertMovable();
      try {
        await work();
      } catch (error) {
        this.#spoil(error);
        throw error;
      }
    })();
    done.catch(() => undefined);
    return done;
  }

  /** Aborts the handler's signal and makes its next call throw; the run can't complete any more. */
  #spoil(error: unknown): void {
    if (this.#end) return;
    this.#trouble ??= error instanceof Error ? error : new Error(String(error));
    this.deps.controller.abort(this.#trouble);
  }
}

/**
 * A request may still be carried out, so the run is left as it is; other workers wait long enough before they take
 * it over.
 */
class EffectUnderWay extends Error {
  override readonly name = 'EffectUnderWay';
  override readonly message = 'a request may still be under way';
}
