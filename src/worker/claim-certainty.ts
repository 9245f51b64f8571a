import type { Clock } from '../clock.js';

/** Knows until when nobody else can have taken over a claimed run, on this process's monotonic clock. */
export class ClaimCertainty {
  #certainUntilMs: number;
  #unconfirmedUntilMs: number | undefined;
  readonly #lostAfterMs: number;
  readonly #waiting = new Set<() => void>();

  /** `claimedMs`: when the claim was sent. `lostAfterMs`: how long a worker keeps its run without a sign of life. */
  constructor(
    private readonly clock: Clock,
    { claimedMs, lostAfterMs }: { readonly claimedMs: number; readonly lostAfterMs: number },
  ) {
    this.#lostAfterMs = lostAfterMs;
    this.#certainUntilMs = claimedMs + lostAfterMs;
  }

  /** Whether nobody can take over the run for the next `forMs`. Throws a RangeError when no claim lasts that long. */
  reaches(forMs: number): boolean {
    if (forMs >= this.#lostAfterMs)
      throw new RangeError(`an effect of ${forMs} ms outlasts the claim of a silent worker`);
    return this.clock.monotonicMs() + forMs < this.#certainUntilMs;
  }

  /**
   * The time until which a late sign of life protects the claim, if an append that is sent after the sign shows that
   * the claim still exists. Undefined when there is no such sign.
   */
  get unconfirmedUntilMs(): number | undefined {
    return this.#unconfirmedUntilMs;
  }

  /**
   * A sign of life that was sent at `sentMs` has been noted, at some time between then and now. It extends the
   * certain time at once only if it was noted while nobody could have taken over the run.
   */
  noted(sentMs: number): void {
    const untilMs = sentMs + this.#lostAfterMs;
    if (this.clock.monotonicMs() < this.#certainUntilMs)
      this.#certainUntilMs = Math.max(this.#certainUntilMs, untilMs);
    else this.#unconfirmedUntilMs = untilMs;
    this.wakeAll();
  }

  /**
   * An append succeeded, so nobody took over the run before the sign whose `unconfirmedUntilMs` was read when the
   * append was sent.
   */
  shown(unconfirmedUntilMs: number | undefined): void {
    if (unconfirmedUntilMs === undefined) return;
    this.#certainUntilMs = Math.max(this.#certainUntilMs, unconfirmedUntilMs);
    if (this.#unconfirmedUntilMs === unconfirmedUntilMs) this.#unconfirmedUntilMs = undefined;
  }

  /** Resolves when the next sign is noted or no more signs will come. */
  nextSign(): Promise<void> {
    return new Promise((resolve) => this.#waiting.add(resolve));
  }

  /** Wakes all that wait for a sign. */
  wakeAll(): void {
    for (const wake of this.#waiting) wake();
    this.#waiting.clear();
  }
}
