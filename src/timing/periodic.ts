import type { Logger } from 'pino';
import type { Clock } from '../clock.js';

/**
 * A background loop that repeats a pass and a wait until it is stopped. An error in a pass is logged and the loop
 * goes on. Passes never overlap, and an error never ends the process.
 */
export class Periodic {
  #running: Promise<void> | undefined;
  #stop = new AbortController();
  #failed: string | undefined;

  constructor(
    private readonly name: string,
    private readonly everyMs: number,
    private readonly pass: (signal: AbortSignal) => Promise<void>,
    private readonly deps: { readonly clock: Clock; readonly logger: Logger },
  ) {}

  start(): void {
    if (this.#running) return;
    this.#stop = new AbortController();
    this.#running = this.#loop(this.#stop.signal);
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
    this.#running = undefined;
  }

  /** The message of the last pass's error, or undefined when the pass succeeded. */
  get trouble(): string | undefined {
    return this.#failed;
  }

  async #loop(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await this.pass(signal);
        this.#failed = undefined;
      } catch (error) {
        this.#failed = error instanceof Error ? error.message : String(error);
        this.deps.logger.warn({ err: error }, `${this.name}: this pass failed, the next one follows`);
      }
      await this.deps.clock.sleep(this.everyMs, signal);
    }
  }
}
