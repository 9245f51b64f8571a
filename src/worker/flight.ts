import type { Clock } from '../clock.js';
import { later } from '../timing/later.js';

/** Until when a request that left may still be carried out, on this process's monotonic clock. */
export class Flight {
  #untilMs: number | undefined;
  #cancelTimer: () => void = () => undefined;

  constructor(
    private readonly clock: Clock,
    private readonly timeoutMs: number,
    /** Called when the time of a request is over that nobody answered. */
    private readonly onOverdue: () => void,
  ) {}

  /** Whether a request left that was not answered, however long ago. */
  get isUnanswered(): boolean {
    return this.#untilMs !== undefined;
  }

  /** A request leaves now. */
  begin(): void {
    this.answered();
    this.#untilMs = this.clock.monotonicMs() + this.timeoutMs;
    this.#cancelTimer = later(this.clock, this.timeoutMs, this.onOverdue);
  }

  /** The request was answered, so it is no longer under way. */
  answered(): void {
    this.#cancelTimer();
    this.#untilMs = undefined;
  }

  /** Resolves when nothing can be carried out any more that has left. */
  async over(): Promise<void> {
    for (;;) {
      const leftMs = (this.#untilMs ?? 0) - this.clock.monotonicMs();
      if (this.#untilMs === undefined || leftMs <= 0) return;
      await this.clock.sleep(leftMs);
    }
  }
}
