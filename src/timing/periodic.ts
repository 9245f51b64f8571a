import type { Logger } from 'pino';
import type { Clock } from '../clock.js';
import { sanitizeMessage } from '../sanitize/index.js';

/**
 * A background loop that repeats a pass and a wait until it is stopped. An error in a pass is logged and the loop
 * goes on. Passes never overlap, and an error never ends the process.
 */
export class Periodic {
  #running: Promise<void> | undefined;
  #stop = new AbortController();
  #lastError: string | undefined;

  constructor(
    private readonly name: string,
    private readonly everyMs: number,
    private readonly pass: (signal: AbortSignal) => Promise<void>,
    private readonly deps: { readonly clock: Clock; readonly logger: Logger },
  ) {}

  /** Begins the first pass at once. Does nothing while the loop runs, also while a stop waits for its pass. */
  start(): void {
    if (this.#running) return;
    this.#stop = new AbortController();
    this.#running = this.#loop(this.#stop.signal);
  }

  /** Aborts the pass's signal and resolves when the pass has ended. May be called twice, and before a start. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
    this.#running = undefined;
  }

  /** The sanitized message of the last pass's error, or undefined when the pass succeeded. */
  get trouble(): string | undefined {
    return this.#lastError;
  }

  async #loop(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await this.pass(signal);
        this.#lastError = undefined;
      } catch (error) {
        this.#lastError = sanitizeMessage(error);
        this.deps.logger.warn({ err: error }, `${this.name}: this pass failed, the next one follows`);
      }
      await this.deps.clock.sleep(this.everyMs, signal);
    }
  }
}
