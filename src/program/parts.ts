import type { Logger } from 'pino';
import { type Clock, systemClock } from '../clock.js';
import { endedWithin } from '../timing/ended-within.js';

/** Something that was started and must be stopped. */
interface Started {
  readonly name: string;
  readonly stopWithinMs: number | undefined;
  readonly stop: () => Promise<void>;
}

/** A part that is starting. */
interface Starting {
  readonly name: string;
  readonly stopWithinMs: number | undefined;
  readonly up: Promise<unknown>;
}

export interface PartOptions {
  /** How long the part may take to stop; by default it shares a limit with all other parts without one. */
  readonly stopWithinMs?: number;
}

/** A part became ready, or was about to start, after its process had begun to stop. */
export class StoppedWhileStartingError extends Error {
  override readonly name = 'StoppedWhileStartingError';
  constructor(part: string) {
    super(`The start was given up before ${part} was up.`);
  }
}

/** Longest time for stopping one part without a limit of its own, and for stopping all of them. */
const STOP_ONE_WITHIN_MS = 5_000;
const STOP_ALL_WITHIN_MS = 10_000;
/** Time for stopping a part when the others have used up the limit. */
const STOP_AT_LEAST_MS = 250;

/**
 * The running parts of a process, in the order of their start. They are stopped in the opposite order, each even
 * if others fail to stop, so that nothing is left running. A part that is ready after the stop has begun is
 * stopped at once.
 */
export class Parts {
  readonly #started: Started[] = [];
  readonly #starting = new Set<Starting>();
  readonly #unstopped: string[] = [];
  #stopping = false;
  #leftForAllMs = STOP_ALL_WITHIN_MS;

  constructor(
    private readonly logger: Logger,
    private readonly clock: Clock = systemClock,
  ) {}

  /** Names of the parts that did not stop in time or failed to; they may keep the process alive. */
  get unstopped(): readonly string[] {
    return this.#unstopped;
  }

  /** Starts a part and remembers how to stop it. Errors: StoppedWhileStartingError, and those of its start. */
  async add<T>(
    name: string,
    start: () => Promise<T> | T,
    stop: (part: T) => Promise<void> | void,
    { stopWithinMs }: PartOptions = {},
  ): Promise<T> {
    if (this.#stopping) throw new StoppedWhileStartingError(name);
    const up = this.#start(name, start, (part) => ({
      name,
      stopWithinMs,
      stop: async () => stop(part),
    }));
    const starting = { name, stopWithinMs, up };
    this.#starting.add(starting);
    try {
      return await up;
    } finally {
      this.#starting.delete(starting);
    }
  }

  async #start<T>(name: string, start: () => Promise<T> | T, startedAs: (part: T) => Started): Promise<T> {
    const from = this.clock.monotonicMs();
    const part = await start();
    const started = startedAs(part);
    if (this.#stopping) {
      await this.#stopPart(started);
      throw new StoppedWhileStartingError(name);
    }
    this.#started.push(started);
    const tookMs = Math.round(this.clock.monotonicMs() - from);
    this.logger.debug({ part: name, tookMs }, 'part started');
    return part;
  }

  /**
   * Stops all parts. Parts that are still starting are awaited within their limits and stopped when they are ready. A
   * part that can't be stopped is logged, and the others are still stopped. Tolerates a second call.
   */
  async stop(): Promise<void> {
    this.#stopping = true;
    await Promise.all([...this.#starting].map((starting) => this.#awaitStart(starting)));
    for (let part = this.#started.pop(); part; part = this.#started.pop()) await this.#stopPart(part);
  }

  /** Waits until a starting part has been stopped again or has failed. */
  async #awaitStart({ name, up, stopWithinMs = STOP_ONE_WITHIN_MS }: Starting): Promise<void> {
    const settled = up.catch(() => undefined);
    if (await endedWithin(this.clock, settled, stopWithinMs)) return;
    this.logger.error({ part: name, limitMs: stopWithinMs }, 'a part did not start in time and is left');
    this.#unstopped.push(name);
  }

  async #stopPart({ name, stop, stopWithinMs }: Started): Promise<void> {
    const shared = Math.max(STOP_AT_LEAST_MS, Math.min(STOP_ONE_WITHIN_MS, this.#leftForAllMs));
    const limitMs = stopWithinMs ?? shared;
    const from = this.clock.monotonicMs();
    try {
      if (await endedWithin(this.clock, stop(), limitMs)) {
        this.logger.debug({ part: name }, 'part stopped');
        return;
      }
      this.logger.error({ part: name, limitMs }, 'a part did not stop in time and is left');
    } catch (error) {
      this.logger.error({ err: error, part: name }, 'a part could not be stopped cleanly');
    } finally {
      if (stopWithinMs === undefined) this.#leftForAllMs -= this.clock.monotonicMs() - from;
    }
    this.#unstopped.push(name);
  }
}
