import { assertStorable } from '../ledger/canonical-json.js';
import type { EventDraft } from '../ledger/event-registry.js';
import type { OperationType } from '../operations/operation-type.js';
import { assertOwnOutcome } from '../operations/own-codes.js';
import type { RepeatedItem } from '../runs/decider.js';
import {
  bounded,
  type ItemOutcome,
  itemOutcomeSchema,
  LABEL_LENGTH_MAX,
  REASON_LENGTH_MAX,
} from '../runs/run-events.js';
import { sanitizeText } from '../sanitize/index.js';

export interface OutcomeBatchLimits {
  /** The most outcomes in one append. */
  readonly items: number;
  /** The most references to items of earlier runs in one append; RunItemsRepeated names 1,000 runs at most. */
  readonly repeats: number;
  /** The most bytes of outcomes and produced events in one append; EventStoreDB refuses more than 1 MiB. */
  readonly bytes: number;
  /** How long an outcome may wait for others to be appended with it, milliseconds. */
  readonly waitMs: number;
}

export const OUTCOME_BATCH_LIMITS: OutcomeBatchLimits = {
  items: 100,
  repeats: 1000,
  bytes: 128 * 1024,
  waitMs: 500,
};

/** An item's outcome and the event that the item produced, written in one append. */
export interface BufferedOutcome {
  readonly outcome: ItemOutcome;
  readonly produced: EventDraft | undefined;
}

/** A run's outcomes that have not been appended yet, each item only once. */
export class OutcomeBatch {
  #buffered: BufferedOutcome[] = [];
  #repeats: RepeatedItem[] = [];
  #bytes = 0;
  /** Ids of items that are buffered or being appended. */
  readonly #ids = new Set<string>();

  constructor(
    private readonly type: OperationType,
    private readonly limits: OutcomeBatchLimits,
  ) {}

  get size(): number {
    return this.#ids.size + this.#repeats.length;
  }

  has(itemId: string): boolean {
    return this.#ids.has(itemId);
  }

  /**
   * Adds an outcome; returns whether the batch is full. The outcome is checked here, so that one that can't be
   * stored is refused alone and not together with others. Errors: z.ZodError, ForeignCodeError,
   * UnstorableValueError.
   */
  add(given: ItemOutcome, produced: EventDraft | undefined): boolean {
    const outcome = itemOutcomeSchema.parse(sanitizedOutcome(given));
    assertOwnOutcome(this.type, outcome);
    assertStorable(outcome);
    if (produced) assertStorable(produced.data);
    this.#buffered.push({ outcome, produced });
    this.#ids.add(outcome.itemId);
    this.#bytes += byteLength(outcome) + (produced ? byteLength(produced.data) : 0);
    return this.#isFull();
  }

  /** Adds an item that an earlier run recorded; returns whether the batch is full. */
  addRepeated(item: RepeatedItem): boolean {
    this.#repeats.push(item);
    return this.#isFull();
  }

  #isFull(): boolean {
    const { items, repeats, bytes } = this.limits;
    return this.#buffered.length >= items || this.#repeats.length >= repeats || this.#bytes >= bytes;
  }

  /** Empties the batch. Its items stay known until `written` is called for them. */
  take(): { readonly outcomes: readonly BufferedOutcome[]; readonly repeats: readonly RepeatedItem[] } {
    const taken = { outcomes: this.#buffered, repeats: this.#repeats };
    this.#buffered = [];
    this.#repeats = [];
    this.#bytes = 0;
    return taken;
  }

  written(outcomes: readonly BufferedOutcome[]): void {
    for (const { outcome } of outcomes) this.#ids.delete(outcome.itemId);
  }
}

const byteLength = (value: unknown): number => Buffer.byteLength(JSON.stringify(value));

/** Sanitizes text from outside before it enters an event (F2), here for all handlers. */
function sanitizedOutcome(outcome: ItemOutcome): ItemOutcome {
  return {
    ...outcome,
    label: bounded(sanitizeText(outcome.label), LABEL_LENGTH_MAX),
    reason: outcome.reason === null ? null : bounded(sanitizeText(outcome.reason), REASON_LENGTH_MAX),
  };
}
