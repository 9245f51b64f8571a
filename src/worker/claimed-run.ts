import type { Clock } from '../clock.js';
import type { JsonObject } from '../ledger/canonical-json.js';
import type { EnvelopeContext } from '../ledger/envelope.js';
import { RevisionConflictError } from '../ledger/event-log.js';
import type { EventDraft, RecordedEvent } from '../ledger/event-registry.js';
import type { Ledger } from '../ledger/ledger.js';
import type { StreamHead } from '../ledger/stream-head.js';
import { ItemBudgetSpent } from '../operations/budgets.js';
import type { OperationDefinition } from '../operations/define.js';
import type { Effect } from '../operations/effect.js';
import { ForeignCodeError, isOwnCode } from '../operations/own-codes.js';
import { RunFailure } from '../operations/run-failure.js';
import type { ProducedAt, RunHandle } from '../operations/run-handle.js';
import type { Words } from '../operations/vocabulary.js';
import type { RepeatedItem } from '../runs/decider.js';
import { actorOf } from '../runs/initiator.js';
import { readRun } from '../runs/read-operation.js';
import {
  bounded,
  type Initiator,
  type ItemOutcome,
  LABEL_LENGTH_MAX,
  REASON_LENGTH_MAX,
  type Related,
} from '../runs/run-events.js';
import { contextOf, latestRun, type OperationState, type RunState } from '../runs/run-state.js';
import { sanitizeText } from '../sanitize/index.js';
import { ClaimCertainty } from './claim-certainty.js';
import { type ClaimEnd, ClaimHold } from './claim-hold.js';
import { ClaimWriter, flooded } from './claim-writer.js';
import type { OpenGraphWriter } from './effect-sending.js';
import { withinItemBudget } from './item-budget.js';
import type { OutcomeBatchLimits } from './outcome-batch.js';
import { OutcomeRecorder } from './outcome-recorder.js';
import { type KnownEvents, produceOnce } from './produce-once.js';
import { createRunEffects, type RunEffects } from './run-effects.js';
import { RunEnding } from './run-ending.js';

/** The most notes that one attempt may write; a handler that writes more is faulty. */
const NOTES_MAX = 10_000;
/** A new wait is recorded only when it ends at least this much later than the last recorded one. */
const WAIT_NOTED_AGAIN_MS = 1_000;

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
  readonly initiator: Initiator;
  readonly scope: JsonObject;

  #lastWaitUntil = 0;
  #notes = 0;
  readonly #hold: ClaimHold;
  readonly #certainty: ClaimCertainty;
  readonly #writer: ClaimWriter;
  readonly #outcomes: OutcomeRecorder;
  readonly #effects: RunEffects;
  readonly #ending: RunEnding;
  readonly #produced: KnownEvents = new Map();

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
    this.initiator = run.initiator;
    this.scope = run.scope;
    const certainty = new ClaimCertainty(deps.clock, deps);
    const hold = new ClaimHold(deps.controller, () => certainty.wakeAll());
    this.#certainty = certainty;
    this.#hold = hold;
    this.#writer = new ClaimWriter(
      {
        ...deps,
        certainty,
        assertHeld: () => hold.assertHeld(),
        onLost: () => this.lose('the run belongs to another worker or has ended'),
      },
      state,
    );
    this.#outcomes = new OutcomeRecorder({ ...deps, hold, writer: this.#writer, signal: this.signal });
    this.#effects = createRunEffects({
      run: this,
      runId: this.runId,
      lost: hold.lost,
      clock: deps.clock,
      openGraphWriter: deps.openGraphWriter,
      timeoutMaxMs: deps.definition.effectTimeoutMs,
      isClaimCertainFor: (ms) => certainty.reaches(ms),
      ensureClaimFor: (ms) => this.#hold.write(() => this.#ensureClaimFor(ms)),
      known: (key) => this.#run.effects.get(key),
      intend: (effect) => this.#hold.write(() => this.#writer.write({ kind: 'intend-effect', effect })),
      settle: (effect) => this.#hold.write(() => this.#writer.write({ kind: 'settle-effect', effect })),
    });
    this.#ending = new RunEnding({
      definition: deps.definition,
      hold,
      writer: this.#writer,
      outcomes: this.#outcomes,
      effects: this.#effects,
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
    return this.#hold.end;
  }

  /** The error after which the run can't complete although this worker still holds it, or undefined. */
  get error(): Error | undefined {
    return this.#hold.error;
  }

  failure(reasonCode: string, reason: string, options?: ErrorOptions): RunFailure<string> {
    return new RunFailure<string>(reasonCode, reason, options);
  }

  history(): AsyncIterable<RecordedEvent> {
    return readRun(this.deps.ledger, this.tenantId, this.runId);
  }

  setTotal(total: number): Promise<void> {
    return this.#hold.write(() => this.#writer.write({ kind: 'set-total', total }));
  }

  note(note: string): Promise<void> {
    return this.#hold.write(() => {
      this.#notes += 1;
      if (this.#notes > NOTES_MAX) throw flooded(`The run wrote more than ${NOTES_MAX} notes.`);
      return this.#writer.write({ kind: 'note', note: bounded(sanitizeText(note), LABEL_LENGTH_MAX) });
    });
  }

  waiting(what: { reasonCode: string; until: number; reason: string }): void {
    if (this.#hold.end || what.until < this.#lastWaitUntil + WAIT_NOTED_AGAIN_MS) return;
    const { reasonCode } = what;
    if (!isOwnCode(this.deps.definition, reasonCode, 'failure')) {
      this.#hold.fail(
        new ForeignCodeError(`the run waits for “${reasonCode}”, which is no failure of its type`),
      );
      return;
    }
    this.#lastWaitUntil = what.until;
    const until = new Date(what.until).toISOString();
    const reason = bounded(sanitizeText(what.reason), REASON_LENGTH_MAX);
    void this.#hold.write(async () => {
      await this.#outcomes.flush();
      await this.#writer.write({ kind: 'wait', reasonCode, until, reason });
    });
  }

  record(outcome: ItemOutcome, produced?: EventDraft): Promise<void> {
    return this.#hold.write(() => this.#outcomes.record(outcome, produced));
  }

  get repeated(): ReadonlySet<string> {
    return this.#run.repeated;
  }

  repeat(item: RepeatedItem): Promise<void> {
    return this.#hold.write(() => this.#outcomes.repeat(item));
  }

  flush(): Promise<void> {
    return this.#hold.write(() => this.#outcomes.flush());
  }

  effect<Result extends JsonObject | null>(effect: Effect<Result>): Promise<Result> {
    const { definition } = this.deps;
    const performing = (async () => {
      this.#hold.assertUsable();
      if (!definition.changesOutside(definition.contextOf(this.#run)))
        throw new TypeError(`this run of ${definition.type} may change nothing outside`);
      return this.#effects.perform(effect);
    })();
    performing.catch(() => undefined);
    return performing;
  }

  async produce(
    stream: string,
    draft: EventDraft,
    expected: StreamHead,
    inTenant = this.tenantId,
  ): Promise<ProducedAt> {
    this.#hold.assertUsable();
    const { ledger } = this.deps;
    const context = this.#contextIn(inTenant);
    try {
      await this.#ensureClaimFor(0);
      return await produceOnce(ledger, { run: this.#run, stream, draft, expected, context }, this.#produced);
    } catch (error) {
      // The stream has moved on; the handler must read it and decide again.
      if (!(error instanceof RevisionConflictError)) this.#hold.fail(error);
      throw error;
    }
  }

  /** In another tenant the initiator is the actor, because its history has neither this run nor its worker. */
  #contextIn(tenantId: string): EnvelopeContext {
    const { correlationId, queuedEventId, initiator } = this.#run;
    if (tenantId !== this.tenantId)
      return { tenantId, actor: actorOf(initiator), correlationId, causationId: queuedEventId };
    const actor = { kind: 'worker', id: this.deps.worker } as const;
    return contextOf(this.#run, { tenantId, attempt: this.attempt, actor });
  }

  /**
   * Resolves when nobody can take over the run for the next `ms`. After a silence, an append checks that the claim
   * still exists.
   */
  async #ensureClaimFor(ms: number): Promise<void> {
    const certainty = this.#certainty;
    while (!certainty.reaches(ms)) {
      this.#hold.assertUsable();
      if (certainty.unconfirmedUntilMs === undefined) await certainty.nextSign();
      else await this.#writer.write({ kind: 'note', note: 'The claim was checked again after a silence.' });
    }
    this.#hold.assertUsable();
  }

  /** A sign of life that was sent at `sentMs` (monotonic) has been noted, at some time between then and now. */
  prolong(sentMs: number): void {
    this.#certainty.noted(sentMs);
  }

  async withinItemBudget<Result>(work: (signal: AbortSignal) => Promise<Result>): Promise<Result> {
    this.#hold.assertUsable();
    const { clock, definition } = this.deps;
    try {
      return await withinItemBudget({ clock, signal: this.signal, budgetMs: definition.itemBudgetMs }, work);
    } catch (error) {
      if (error instanceof ItemBudgetSpent) await this.#ending.effectsLanded();
      throw error;
    }
  }

  /** Completes the run; its counts are calculated from the recorded items. */
  complete(completion: { readonly summary: string; readonly related: readonly Related[] }): Promise<void> {
    return this.#ending.complete(completion);
  }

  /** Fails the run; a code that its type doesn't have becomes `unexpected`. */
  fail(reasonCode: string, reason: string): Promise<void> {
    return this.#ending.fail(reasonCode, reason);
  }

  /** Hands the run back with its recorded items; this doesn't count as an attempt. */
  release(reason: string): Promise<void> {
    return this.#ending.release(reason);
  }

  /** The claim is lost: nothing more is written, even if the handler goes on. */
  lose(why: string): void {
    this.#writer.abandon();
    this.#hold.lose(why);
  }

  /** Stops waiting for answers: an append without an answer rejects, and its outcome stays unknown. */
  abandon(): void {
    this.#writer.abandon();
  }

  get #run(): RunState {
    return this.#writer.run;
  }
}
