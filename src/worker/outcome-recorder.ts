import type { Clock } from '../clock.js';
import type { EventDraft } from '../ledger/event-registry.js';
import type { OperationDefinition } from '../operations/define.js';
import type { RepeatedItem } from '../runs/decider.js';
import type { ItemOutcome } from '../runs/run-events.js';
import type { ClaimHold } from './claim-hold.js';
import { type ClaimWriter, flooded } from './claim-writer.js';
import { OutcomeBatch, type OutcomeBatchLimits } from './outcome-batch.js';

/** The most items that a run may record; a handler that records more is faulty. */
const ITEMS_MAX = 200_000;

/**
 * Records the items of one attempt: collects outcomes and appends them together, when the batch is full or the first
 * of them has waited long enough.
 */
export class OutcomeRecorder {
  #timer: Promise<void> | undefined;
  readonly #batch: OutcomeBatch;

  constructor(
    private readonly deps: {
      readonly clock: Clock;
      readonly definition: OperationDefinition;
      readonly limits: OutcomeBatchLimits;
      readonly hold: ClaimHold;
      readonly writer: ClaimWriter;
      readonly signal: AbortSignal;
    },
  ) {
    this.#batch = new OutcomeBatch(deps.definition, deps.limits);
  }

  /** Adds an item's outcome and what it produced; an item that was recorded before is ignored. */
  async record(outcome: ItemOutcome, produced?: EventDraft): Promise<void> {
    if (this.deps.writer.run.items.has(outcome.itemId) || this.#batch.has(outcome.itemId)) return;
    this.#assertFewItems();
    await this.#added(this.#batch.add(outcome, produced));
  }

  /** Adds an item that an earlier run recorded with the same result. */
  async repeat(item: RepeatedItem): Promise<void> {
    this.#assertFewItems();
    await this.#added(this.#batch.addRepeated(item));
  }

  /** Appends what is buffered; resolves when no append is under way. */
  async flush(): Promise<void> {
    const { definition, writer } = this.deps;
    const { outcomes, repeats } = this.#batch.take();
    if (outcomes.length + repeats.length === 0) return writer.settled();
    const produced = new Map(outcomes.map((entry) => [entry.outcome.itemId, entry.produced]));
    await writer.write({
      kind: 'record-items',
      items: outcomes.map((entry) => entry.outcome),
      repeats,
      produced: (added) => definition.merge(added.flatMap((item) => produced.get(item.itemId) ?? [])),
    });
    this.#batch.written(outcomes);
  }

  async #added(isFull: boolean): Promise<void> {
    if (isFull) await this.flush();
    else this.#timer ??= this.#flushLater();
  }

  /** Never rejects: the hold keeps an error, and the handler's next call throws it. */
  async #flushLater(): Promise<void> {
    const { clock, hold, limits, signal } = this.deps;
    await clock.sleep(limits.waitMs, signal);
    this.#timer = undefined;
    if (!hold.end) await hold.write(() => this.flush()).catch(() => undefined);
  }

  #assertFewItems(): void {
    const { items, repeated } = this.deps.writer.run;
    if (items.size + repeated.size + this.#batch.size >= ITEMS_MAX)
      throw flooded(`The run recorded more than ${ITEMS_MAX} items.`);
  }
}
