import type { Clock } from '../clock.js';

/** Until when nobody can have taken a claimed run over, on this process's monotonic clock. */
export class ClaimCertainty {
  #certainUntilMs: number;
  #unconfirmedUntilMs: number | undefined;
  readonly #lostAfterMs: number;
  readonly #waiting = new Set<() => void>();

  /** `claimedMs`: when the claim was sent. `lostAfterMs`: how long a silent worker keeps its run. */
  constructor(
    private readonly clock: Clock,
    { claimedMs, lostAfterMs }: { readonly claimedMs: number; readonly lostAfterMs: number },
  ) {
    this.#lostAfterMs = lostAfterMs;
    this.#certainUntilMs = claimedMs + lostAfterMs;
  }

  /** Whether nobody can take the run over for the next `forMs`. Throws a RangeError where no claim reaches that far. */
  reaches(forMs: number): boolean {
    if (forMs >= this.#lostAfterMs)
      throw new RangeError(`an effect of ${forMs} ms outlasts the claim of a silent worker`);
    return this.clock.monotonicMs() + forMs < this.#certainUntilMs;
  }

  /**
   * What a sign of life that came too late will make certain, once an append that was sent after it was noted has
   * shown that the claim stands; undefined where none did.
   */
  get unconfirmedUntilMs(): number | undefined {
    return this.#unconfirmedUntilMs;
  }

  /**
   * A sign of life that was sent at `sentMs` has been noted, at some time between then and now. Only one that was
   * noted while nobody could have taken the run over makes more time certain by itself.
   */
  noted(sentMs: number): void {
    const untilMs = sentMs + this.#lostAfterMs;
    if (this.clock.monotonicMs() < this.#certainUntilMs)
      this.#certainUntilMs = Math.max(this.#certainUntilMs, untilMs);
    else this.#unconfirmedUntilMs = untilMs;
    this.wakeAll();
  }

  /** An append has shown that nobody took the run over before the sign that `unconfirmedUntilMs` spoke of when it was sent. */
  shown(unconfirmedUntilMs: number | undefined): void {
    if (unconfirmedUntilMs === undefined) return;
    this.#certainUntilMs = Math.max(this.#certainUntilMs, unconfirmedUntilMs);
    if (this.#unconfirmedUntilMs === unconfirmedUntilMs) this.#unconfirmedUntilMs = undefined;
  }

  /** Resolves when the next sign is noted, or there is nothing more to wait for. */
  nextSign(): Promise<void> {
    return new Promise((resolve) => this.#waiting.add(resolve));
  }

  /** Wakes everybody who waits for a sign. */
  wakeAll(): void {
    for (const wake of this.#waiting) wake();
    this.#waiting.clear();
  }
}
