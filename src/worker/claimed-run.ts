import type { Clock } from '../clock.js';
import type { EventDraft, LedgerEvent } from '../events.js';
import type { JsonObject } from '../ledger/canonical-json.js';
import { RevisionConflictError } from '../ledger/event-log.js';
import type { Ledger } from '../ledger/ledger.js';
import {
  ClaimLostError,
  type OperationDefinition,
  RunFailure,
  type RunHandle,
} from '../operations/define.js';
import { type Claim, decide, type RunCommand } from '../runs/decider.js';
import { readOperation, readRun } from '../runs/read-operation.js';
import {
  bounded,
  type ItemOutcome,
  LABEL_LENGTH_MAX,
  REASON_LENGTH_MAX,
  type Related,
} from '../runs/run-events.js';
import { evolve, type OperationState, type RunState } from '../runs/run-state.js';
import { actorOf } from '../runs/start-run.js';
import { sanitizeText } from '../sanitize/index.js';

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
/** A wait is written down again only when it ends this much later than the one before. */
const WAIT_NOTED_AGAIN_MS = 1_000;

interface Pending {
  readonly outcome: ItemOutcome;
  readonly produced: EventDraft | undefined;
}

type HeldCommand = Extract<RunCommand, { readonly claim: Claim }>;
/** A command without its claim, which the claimed run adds. */
type Unclaimed = HeldCommand extends infer C ? (C extends HeldCommand ? Omit<C, 'claim'> : never) : never;

/**
 * One worker's hold on a run: what the handler does goes through here, one append after another at the revision
 * that was read, fenced by the attempt. Once the claim is lost, every call throws ClaimLostError.
 */
export class ClaimedRun implements RunHandle {
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
  #closed: Error | undefined;
  #flushTimer: Promise<void> | undefined;

  constructor(
    private readonly deps: {
      readonly ledger: Ledger;
      readonly clock: Clock;
      readonly definition: OperationDefinition;
      readonly stream: string;
      readonly tenantId: string;
      readonly worker: string;
      readonly limits: BatchLimits;
      readonly controller: AbortController;
    },
    state: OperationState,
  ) {
    const run = state.run;
    if (!run) throw new TypeError(`${deps.stream} has no run to claim`);
    this.#state = state;
    this.tenantId = deps.tenantId;
    this.runId = run.runId;
    this.attempt = run.attempt;
    this.correlationId = run.correlationId;
    this.initiatorId = actorOf(run.initiator).id;
    this.scope = run.scope;
  }

  get signal(): AbortSignal {
    return this.deps.controller.signal;
  }

  get recorded(): ReadonlyMap<string, ItemOutcome> {
    return this.#run.items;
  }

  /** Why the run can't be moved any more, or undefined while it can. */
  get closed(): Error | undefined {
    return this.#closed;
  }

  history(): AsyncIterable<LedgerEvent> {
    return readRun(this.deps.ledger, this.tenantId, this.runId);
  }

  async setTotal(total: number): Promise<void> {
    await this.#command({ kind: 'set-total', total });
  }

  async note(note: string): Promise<void> {
    await this.#command({ kind: 'note', note: bounded(sanitizeText(note), LABEL_LENGTH_MAX) });
  }

  waiting(what: { reasonCode: string; until: number; reason: string }): void {
    if (what.until < this.#lastWaitUntil + WAIT_NOTED_AGAIN_MS) return;
    this.#lastWaitUntil = what.until;
    void this.#inBackground(async () => {
      await this.flush();
      const until = new Date(what.until).toISOString();
      const reason = bounded(sanitizeText(what.reason), REASON_LENGTH_MAX);
      await this.#command({ kind: 'wait', reasonCode: what.reasonCode, until, reason });
    });
  }

  async record(outcome: ItemOutcome, produced?: EventDraft): Promise<void> {
    if (this.#closed) throw this.#closed;
    if (this.#run.items.has(outcome.itemId) || this.#pendingIds.has(outcome.itemId)) return;
    if (this.#run.items.size + this.#pending.length >= ITEMS_MAX)
      throw new RunFailure('unexpected', `The run recorded more than ${ITEMS_MAX} items.`);
    const item = sanitizedOutcome(outcome);
    this.#pending.push({ outcome: item, produced });
    this.#pendingIds.add(item.itemId);
    this.#pendingBytes += JSON.stringify(item).length + (produced ? JSON.stringify(produced.data).length : 0);
    const { limits } = this.deps;
    if (this.#pending.length >= limits.items || this.#pendingBytes >= limits.bytes) return this.flush();
    this.#flushTimer ??= this.#flushLater();
  }

  async flush(): Promise<void> {
    const pending = this.#pending;
    if (pending.length === 0) {
      if (this.#closed) throw this.#closed;
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

  /** Ends the run well; its counts come from the recorded items. */
  async complete(completion: {
    readonly summary: string;
    readonly related: readonly Related[];
  }): Promise<void> {
    await this.flush();
    await this.#command({
      kind: 'complete',
      summary: bounded(sanitizeText(completion.summary), LABEL_LENGTH_MAX),
      related: completion.related,
    });
    this.#closed = new ClaimLostError('the run has ended');
  }

  /** Ends the run as failed. */
  async fail(reasonCode: string, reason: string): Promise<void> {
    await this.flush();
    await this.#command({
      kind: 'fail',
      reasonCode,
      reason: bounded(sanitizeText(reason), REASON_LENGTH_MAX),
    });
    this.#closed = new ClaimLostError('the run has ended');
  }

  /** Hands the run back with what it has; burns no attempt. */
  async release(reason: string): Promise<void> {
    await this.flush();
    await this.#command({ kind: 'release', reason });
    this.#closed = new ClaimLostError('the run was handed back');
  }

  /** The claim is gone: nothing more is written, whatever the handler still does. */
  lose(why: string): void {
    this.#closed ??= new ClaimLostError(why);
    this.deps.controller.abort(this.#closed);
  }

  get #run(): RunState {
    const { run } = this.#state;
    if (!run) throw new TypeError('a claimed run cannot vanish');
    return run;
  }

  async #flushLater(): Promise<void> {
    await this.deps.clock.sleep(this.deps.limits.waitMs, this.signal);
    this.#flushTimer = undefined;
    await this.#inBackground(() => this.flush());
  }

  /** Trouble in the background closes the run: the handler's signal tells at once, its next call throws. */
  async #inBackground(work: () => Promise<void>): Promise<void> {
    if (this.#closed) return;
    try {
      await work();
    } catch (error) {
      this.#closed ??= error instanceof Error ? error : new Error(String(error));
      this.deps.controller.abort(this.#closed);
    }
  }

  /** One append after another, each decided on the state that the one before left. */
  #command(command: Unclaimed): Promise<void> {
    const claim: Claim = { runId: this.runId, attempt: this.attempt };
    const next = this.#queue.then(() => this.#carryOut({ ...command, claim } as HeldCommand));
    this.#queue = next.catch(() => undefined);
    return next;
  }

  async #carryOut(command: HeldCommand): Promise<void> {
    for (;;) {
      if (this.#closed) throw this.#closed;
      const decision = decide(this.#state, command);
      if (decision.kind === 'nothing' && decision.because === 'already_done') return;
      if (decision.kind !== 'append') {
        this.lose('the run belongs to another worker or has ended');
        continue;
      }
      try {
        const appended = await this.deps.ledger.append(
          this.deps.stream,
          this.#state.head,
          decision.events,
          {
            tenantId: this.tenantId,
            runId: this.runId,
            runStart: this.#run.start,
            attempt: this.attempt,
            actor: { kind: 'worker', id: this.deps.worker },
            correlationId: this.correlationId,
            causationId: this.#run.queuedEventId,
          },
          { signal: this.signal },
        );
        this.#state = appended.events.reduce(evolve, this.#state);
        return;
      } catch (error) {
        if (!(error instanceof RevisionConflictError)) throw error;
        // Somebody else appended: a takeover or an end, which the next round of `decide` tells.
        this.#state = await readOperation(this.deps.ledger, this.deps.stream);
      }
    }
  }
}

/** Text from outside is sanitized before it enters an event (F2), here for every handler. */
function sanitizedOutcome(outcome: ItemOutcome): ItemOutcome {
  return {
    ...outcome,
    label: bounded(sanitizeText(outcome.label), LABEL_LENGTH_MAX),
    reason: outcome.reason === null ? null : bounded(sanitizeText(outcome.reason), REASON_LENGTH_MAX),
  };
}
