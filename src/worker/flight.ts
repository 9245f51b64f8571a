import type { Clock } from '../clock.js';
import { later } from '../timing/later.js';

/** Tracks until when a sent request may still be carried out, on this process's monotonic clock. */
export class Flight {
  #untilMs: number | undefined;
  #cancelTimer: () => void = () => undefined;

  constructor(
    private readonly clock: Clock,
    private readonly timeoutMs: number,
    /** Called when a request's time runs out without an answer. */
    private readonly onOverdue: () => void,
  ) {}

  /** Whether a sent request was never answered, no matter how long ago it was sent. */
  get isUnanswered(): boolean {
    return this.#untilMs !== undefined;
  }

  /** Must be called when a request is sent. */
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

  /** Resolves when no sent request can be carried out any more. */
  async over(): Promise<void> {
    for (;;) {
      const leftMs = (this.#untilMs ?? 0) - this.clock.monotonicMs();
      if (this.#untilMs === undefined || leftMs <= 0) return;
      await this.clock.sleep(leftMs);
    }
  }
}
