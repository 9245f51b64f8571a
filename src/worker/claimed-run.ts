import type { Clock } from '../clock.js';
import { appendDecided } from '../ledger/append-decided.js';
import { assertStorable, type JsonObject } from '../ledger/canonical-json.js';
import { RevisionConflictError } from '../ledger/event-log.js';
import type { EventDraft, RecordedEvent } from '../ledger/event-registry.js';
import type { Ledger } from '../ledger/ledger.js';
import type { StreamHead } from '../ledger/stream-head.js';
import { ItemBudgetSpent } from '../operations/budgets.js';
import type { OperationDefinition } from '../operations/define.js';
import type { Effect } from '../operations/effect.js';
import { assertOwnOutcome, ForeignCodeError, isOwnCode } from '../operations/own-codes.js';
import { ClaimLostError, RunFailure } from '../operations/run-failure.js';
import type { ProducedAt, RunHandle } from '../operations/run-handle.js';
import type { Words } from '../operations/vocabulary.js';
import { type Claim, decide, type OperationCommand } from '../runs/decider.js';
import { actorOf } from '../runs/initiator.js';
import { readOperation, readRun } from '../runs/read-operation.js';
import {
  bounded,
  type ItemOutcome,
  itemOutcomeSchema,
  LABEL_LENGTH_MAX,
  REASON_LENGTH_MAX,
  type Related,
} from '../runs/run-events.js';
import { contextOf, evolve, latestRun, type OperationState, type RunState } from '../runs/run-state.js';
import { sanitizeText } from '../sanitize/index.js';
import { ClaimCertainty } from './claim-certainty.js';
import type { OpenGraphWriter } from './effect-sending.js';
import { endedBefore } from './ended-before.js';
import { withinItemBudget } from './item-budget.js';
import { produceOnce } from './produce-once.js';
import { createRunEffects, type RunEffects } from './run-effects.js';

export interface BatchLimits {
  /** Outcomes in one append. */
  readonly items: number;
  /** Bytes of outcomes and what they produced in one append; EventStoreDB refuses more than 1 MiB. */
  readonly bytes: number;
  /** Longest an outcome waits for company, milliseconds. */
  readonly waitMs: number;
}

export const BATCH_LIMITS: BatchLimits = { items: 100, bytes: 128 * 1024, waitMs: 500 };
/** Items one run may record; a handler that records more has gone wrong. */
const ITEMS_MAX = 200_000;
/** Notes one attempt may write, and appends that may wait for their turn; more than that is a flood. */
const NOTES_MAX = 10_000;
const COMMANDS_WAITING_MAX = 64;
/** A wait is written down again only when it ends this much later than the one before. */
const WAIT_NOTED_AGAIN_MS = 1_000;

interface Pending {
  readonly outcome: ItemOutcome;
  readonly produced: EventDraft | undefined;
}

type HeldCommand = Extract<OperationCommand, { readonly claim: Claim }>;
/** A command without its claim, which the claimed run adds. */
type Unclaimed = HeldCommand extends infer C ? (C extends HeldCommand ? Omit<C, 'claim'> : never) : never;

/** How this worker's part of a run's life came to its end. */
export type ClaimEnd = 'ended' | 'released' | 'lost';

/**
 * One worker's hold on a run: what the handler does goes through here, one append after another at the revision
 * that was read, fenced by the attempt. Once the claim is lost, every call throws ClaimLostError. An append that
 * fails for another reason spoils the run, also when the handler didn't wait for it: it can't complete any more.
 */
export class ClaimedRun implements RunHandle<Words> {
  readonly tenantId: string;
  readonly runId: string;
  readonly attempt: number;
  readonly correlationId: string;
  readonly initiatorId: string;
  readonly scope: JsonObject;

  #state: OperationState;
  #pending: Pending[] = [];
  #pendingBytes = 0;
  #pendingIds = new Set<string>();
  #lastWaitUntil = 0;
  #queue: Promise<unknown> = Promise.resolve();
  #commandsWaiting = 0;
  #notes = 0;
  #end: ClaimEnd | undefined;
  /** Why nothing can be written any more. */
  #closedBecause: string | undefined;
  #trouble: Error | undefined;
  #flushTimer: Promise<void> | undefined;
  readonly #abandoned = new AbortController();
  readonly #lost = new AbortController();
  readonly #certainty: ClaimCertainty;
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
      readonly limits: BatchLimits;
      readonly controller: AbortController;
      /** When the claim was sent, on the monotonic clock, and how long a silent worker keeps its run after that. */
      readonly claimedMs: number;
      readonly lostAfterMs: number;
    },
    state: OperationState,
  ) {
    const run = latestRun(state);
    this.#state = state;
    this.tenantId = deps.tenantId;
    this.runId = run.runId;
    this.attempt = run.attempt;
    this.correlationId = run.correlationId;
    this.initiatorId = actorOf(run.initiator).id;
    this.scope = run.scope;
    this.#certainty = new ClaimCertainty(deps.clock, deps);
    this.#effects = createRunEffects({
      ...{ run: this, runId: this.runId, lost: this.#lost.signal, clock: deps.clock },
      openGraphWriter: deps.openGraphWriter,
      timeoutMaxMs: deps.definition.effectTimeoutMs,
      isClaimCertainFor: (ms) => this.#certainty.reaches(ms),
      ensureClaimFor: (ms) => this.#handled(() => this.#ensureClaimFor(ms)),
      known: (key) => this.#run.effects.get(key),
      intend: (effect) => this.#handled(() => this.#command({ kind: 'intend-effect', effect })),
      settle: (effect) => this.#handled(() => this.#command({ kind: 'settle-effect', effect })),
    });
  }

  get signal(): AbortSignal {
    return this.deps.controller.signal;
  }

  get recorded(): ReadonlyMap<string, ItemOutcome> {
    return this.#run.items;
  }

  /** How it ended, or undefined while the run is in this worker's hands. */
  get end(): ClaimEnd | undefined {
    return this.#end;
  }

  /** Why the run can't complete any more although it is still held, or undefined. */
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
    return this.#handled(() => this.#command({ kind: 'set-total', total }));
  }

  note(note: string): Promise<void> {
    return this.#handled(() => {
      this.#notes += 1;
      if (this.#notes > NOTES_MAX) throw flooded(`The run wrote more than ${NOTES_MAX} notes.`);
      return this.#command({ kind: 'note', note: bounded(sanitizeText(note), LABEL_LENGTH_MAX) });
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
      await this.#command({ kind: 'wait', reasonCode, until, reason });
    });
  }

  record(outcome: ItemOutcome, produced?: EventDraft): Promise<void> {
    return this.#handled(() => this.#record(outcome, produced));
  }

  async #record(outcome: ItemOutcome, produced?: EventDraft): Promise<void> {
    if (this.#run.items.has(outcome.itemId) || this.#pendingIds.has(outcome.itemId)) return;
    if (this.#run.items.size + this.#pendingIds.size >= ITEMS_MAX)
      throw flooded(`The run recorded more than ${ITEMS_MAX} items.`);
    // Checked here, so that an outcome that can't be stored meets its maker and not its neighbours in the batch.
    const item = itemOutcomeSchema.parse(sanitizedOutcome(outcome));
    assertOwnOutcome(this.deps.definition, item);
    assertStorable(item);
    if (produced) assertStorable(produced.data);
    this.#pending.push({ outcome: item, produced });
    this.#pendingIds.add(item.itemId);
    this.#pendingBytes += byteLength(item) + (produced ? byteLength(produced.data) : 0);
    const { limits } = this.deps;
    if (this.#pending.length >= limits.items || this.#pendingBytes >= limits.bytes) return this.#writeOut();
    this.#flushTimer ??= this.#flushLater();
  }

  flush(): Promise<void> {
    return this.#handled(() => this.#writeOut());
  }

  /** Appends what is buffered; resolves when nothing is on its way any more. */
  async #writeOut(): Promise<void> {
    const pending = this.#pending;
    if (pending.length === 0) {
      await this.#queue;
      return;
    }
    this.#pending = [];
    this.#pendingBytes = 0;
    const produced = new Map(pending.map((entry) => [entry.outcome.itemId, entry.produced]));
    await this.#command({
      kind: 'record-items',
      items: pending.map((entry) => entry.outcome),
      produced: (fresh) =>
        this.deps.definition.merge(fresh.flatMap((item) => produced.get(item.itemId) ?? [])),
    });
    for (const entry of pending) this.#pendingIds.delete(entry.outcome.itemId);
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
      // The stream stands elsewhere: the handler reads it and decides anew.
      if (!(error instanceof RevisionConflictError)) this.#spoil(error);
      throw error;
    }
  }

  /** Resolves when nobody can take the run over for so long. After a silence the claim is shown to stand by an append. */
  async #ensureClaimFor(ms: number): Promise<void> {
    const certainty = this.#certainty;
    while (!certainty.reaches(ms)) {
      this.#assertMovable();
      if (certainty.unconfirmedUntilMs === undefined) await certainty.nextSign();
      else await this.#command({ kind: 'note', note: 'The claim was checked again after a silence.' });
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

  /** Ends the run well; its counts come from the recorded items. */
  async complete(completion: {
    readonly summary: string;
    readonly related: readonly Related[];
  }): Promise<void> {
    await this.#landed();
    await this.#writeOut();
    this.#assertMovable();
    await this.#command({
      kind: 'complete',
      summary: bounded(sanitizeText(completion.summary), LABEL_LENGTH_MAX),
      related: completion.related,
    });
    this.#close('ended', 'the run has ended');
  }

  /** Ends the run as failed, with the items that can be recorded; a code that its type doesn't have is `unexpected`. */
  async fail(reasonCode: string, reason: string): Promise<void> {
    await this.#landed();
    await this.#writeOut().catch(() => undefined);
    await this.#command({
      kind: 'fail',
      reasonCode: isOwnCode(this.deps.definition, reasonCode, 'failure') ? reasonCode : 'unexpected',
      reason: bounded(sanitizeText(reason), REASON_LENGTH_MAX),
    });
    this.#close('ended', 'the run has ended');
  }

  /** Hands the run back with what it has; burns no attempt. */
  async release(reason: string): Promise<void> {
    await this.#landed();
    await this.#writeOut().catch(() => undefined);
    await this.#command({ kind: 'release', reason });
    this.#close('released', 'the run was handed back');
  }

  /** The claim is gone: nothing more is written, whatever the handler still does. */
  lose(why: string): void {
    this.#close('lost', why);
    this.#abandoned.abort();
    this.#lost.abort(new ClaimLostError(why));
    this.deps.controller.abort(new ClaimLostError(why));
  }

  /** Waits for no more answers: an append that has none yet rejects, and its outcome stays unknown. */
  abandon(): void {
    this.#abandoned.abort();
  }

  /** Waits for a request that may still be carried out. Errors: EffectUnderWay once nothing is waited for any more. */
  async #landed(): Promise<void> {
    if (await endedBefore(this.#abandoned.signal, this.#effects.landed())) return;
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
    return latestRun(this.#state);
  }

  async #flushLater(): Promise<void> {
    await this.deps.clock.sleep(this.deps.limits.waitMs, this.signal);
    this.#flushTimer = undefined;
    if (!this.#end) await this.#handled(() => this.#writeOut()).catch(() => undefined);
  }

  /**
   * What a handler asks for. It may leave out an await: the rejection it misses is kept as the run's trouble and
   * doesn't end the process.
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

  /** One append after another, each decided on the state that the one before left. */
  async #command(command: Unclaimed): Promise<void> {
    if (this.#commandsWaiting >= COMMANDS_WAITING_MAX)
      throw flooded(`More than ${COMMANDS_WAITING_MAX} appends of the run wait for their turn.`);
    this.#commandsWaiting += 1;
    const claim: Claim = { runId: this.runId, attempt: this.attempt };
    const before = this.#queue;
    const done = (async () => {
      await before;
      await this.#append({ ...command, claim } as HeldCommand);
    })();
    this.#queue = done.catch(() => undefined);
    try {
      await done;
    } finally {
      this.#commandsWaiting -= 1;
    }
  }

  /** The handler's signal tells at once, its next call throws, and the run can't complete any more. */
  #spoil(error: unknown): void {
    if (this.#end) return;
    this.#trouble ??= error instanceof Error ? error : new Error(String(error));
    this.deps.controller.abort(this.#trouble);
  }

  async #append(command: HeldCommand): Promise<void> {
    const { tenantId, attempt } = this;
    const { ledger, stream, worker } = this.deps;
    let unconfirmedUntilMs: number | undefined;
    const written = await appendDecided(ledger, stream, {
      known: this.#state,
      // Somebody else has appended: a takeover or an end, which the decision on it tells.
      read: async () => {
        this.#state = await readOperation(ledger, stream);
        return this.#state;
      },
      decide: (state) => {
        this.#assertHeld();
        unconfirmedUntilMs = this.#certainty.unconfirmedUntilMs;
        const decision = decide(state, command);
        if (decision.kind !== 'append') return { answer: decision };
        const actor = { kind: 'worker', id: worker } as const;
        return {
          events: decision.events,
          context: contextOf(latestRun(state), { tenantId, attempt, actor }),
        };
      },
      options: { signal: this.#abandoned.signal },
    });
    if ('appended' in written) {
      this.#state = written.appended.events.reduce(evolve, written.before);
      this.#certainty.shown(unconfirmedUntilMs);
      return;
    }
    const { answer } = written;
    if (answer.kind === 'nothing' && answer.because === 'already_done') return;
    this.lose('the run belongs to another worker or has ended');
    this.#assertHeld();
  }
}

/** The run is left as it is: others wait long enough before they take it over. */
class EffectUnderWay extends Error {
  override readonly name = 'EffectUnderWay';
  override readonly message = 'a request may still be under way';
}

const flooded = (what: string) => new RunFailure('unexpected', what);
const byteLength = (value: unknown): number => Buffer.byteLength(JSON.stringify(value));

/** Text from outside is sanitized before it enters an event (F2), here for every handler. */
function sanitizedOutcome(outcome: ItemOutcome): ItemOutcome {
  return {
    ...outcome,
    label: bounded(sanitizeText(outcome.label), LABEL_LENGTH_MAX),
    reason: outcome.reason === null ? null : bounded(sanitizeText(outcome.reason), REASON_LENGTH_MAX),
  };
}
