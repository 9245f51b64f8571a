import type { Logger } from 'pino';

/** Something that was started and must be stopped. */
interface Started {
  readonly name: string;
  readonly stop: () => Promise<void>;
}

/**
 * The running parts of a process, in the order they were started. They are stopped in the opposite order, each
 * whatever the others do, so that nothing is left running.
 */
export class Parts {
  readonly #started: Started[] = [];

  constructor(private readonly logger: Logger) {}

  /** Starts a part and remembers how to stop it. */
  async add<T>(
    name: string,
    start: () => Promise<T> | T,
    stop: (part: T) => Promise<void> | void,
  ): Promise<T> {
    const from = performance.now();
    const part = await start();
    this.#started.push({ name, stop: async () => stop(part) });
    this.logger.debug({ part: name, tookMs: Math.round(performance.now() - from) }, 'part started');
    return part;
  }

  /** Stops everything; a part that can't be stopped is logged and doesn't keep the others running. */
  async stop(): Promise<void> {
    for (let part = this.#started.pop(); part; part = this.#started.pop()) {
      try {
        await part.stop();
        this.logger.debug({ part: part.name }, 'part stopped');
      } catch (error) {
        this.logger.error({ err: error, part: part.name }, 'a part could not be stopped cleanly');
      }
    }
  }
}
