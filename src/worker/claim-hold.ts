import { ClaimLostError } from '../operations/run-failure.js';

/** How a worker's hold on a run ended. */
export type ClaimEnd = 'ended' | 'released' | 'lost';

/**
 * Whether an attempt may still write: how the worker's hold on the run ended, and the error after which the run can't
 * complete although it is still held.
 */
export class ClaimHold {
  #end: ClaimEnd | undefined;
  #closedBecause: string | undefined;
  #error: Error | undefined;
  readonly #lost = new AbortController();

  constructor(
    /** Aborts the handler. */
    private readonly handler: AbortController,
    /** Called when the hold ends. */
    private readonly onEnd: () => void,
  ) {}

  /** How the hold ended, or undefined while the worker holds the run. */
  get end(): ClaimEnd | undefined {
    return this.#end;
  }

  /** The first error of a write, or undefined. */
  get error(): Error | undefined {
    return this.#error;
  }

  /** Aborts when the claim is lost. */
  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  /** Ends the hold; only the first call counts. */
  close(end: ClaimEnd, why: string): void {
    this.#end ??= end;
    this.#closedBecause ??= why;
    this.onEnd();
  }

  /** Ends the hold and aborts the handler, because the run belongs to somebody else or to nobody. */
  lose(why: string): void {
    this.close('lost', why);
    this.#lost.abort(new ClaimLostError(why));
    this.handler.abort(new ClaimLostError(why));
  }

  /** Errors: ClaimLostError when the hold has ended. */
  assertHeld(): void {
    if (this.#closedBecause !== undefined) throw new ClaimLostError(this.#closedBecause);
  }

  /** Errors: ClaimLostError when the hold has ended; the error of an earlier write. */
  assertUsable(): void {
    this.assertHeld();
    if (this.#error) throw this.#error;
  }

  /**
   * Runs a write that the handler asks for. If the handler doesn't await the promise, its rejection doesn't end the
   * process; the handler's next call throws the error.
   */
  write(work: () => Promise<void>): Promise<void> {
    const done = (async () => {
      this.assertUsable();
      try {
        await work();
      } catch (error) {
        this.fail(error);
        throw error;
      }
    })();
    done.catch(() => undefined);
    return done;
  }

  /** Aborts the handler and makes its next call throw; the run can't complete any more. */
  fail(error: unknown): void {
    if (this.#end) return;
    this.#error ??= error instanceof Error ? error : new Error(String(error));
    this.handler.abort(this.#error);
  }
}
