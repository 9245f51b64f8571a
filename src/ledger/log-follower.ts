import type { Chance, Clock } from '../clock.js';
import type { EventLog, RawEvent } from './event-log.js';
import { follow } from './follow.js';

export interface LogFollowerOptions {
  readonly log: EventLog;
  readonly streamPrefixes: readonly string[];
  readonly clock: Clock;
  readonly chance: Chance;
  /** Applies an event. It must not throw. */
  readonly take: (event: RawEvent) => void;
  /** Called for each interruption, before the wait. */
  readonly onInterrupted: (error: unknown, retryInMs: number) => void;
  /** Called after each item that came from the log, also one without an event. */
  readonly onProgress?: () => void;
}

/** Keeps what a process holds in memory up to date with the log, from its first event on. */
export class LogFollower {
  #position = -1;
  #following: Promise<void> | undefined;
  #stop = new AbortController();

  constructor(private readonly options: LogFollowerOptions) {}

  /** The position up to which everything has been applied, or -1. */
  get position(): number {
    return this.#position;
  }

  /** Resolves when all present events of the log have been applied, or when it was stopped before. */
  async start(): Promise<void> {
    if (this.#following) return;
    this.#stop = new AbortController();
    await new Promise<void>((resolve) => {
      this.#following = this.#follow(resolve);
    });
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#following;
    this.#following = undefined;
  }

  async #follow(onCaughtUp: () => void): Promise<void> {
    const { log, streamPrefixes, clock, chance, onInterrupted, take, onProgress } = this.options;
    const items = follow({
      log,
      streamPrefixes,
      clock,
      chance,
      onInterrupted,
      resumeAfter: () => (this.#position < 0 ? undefined : this.#position),
      signal: this.#stop.signal,
    });
    for await (const item of items) {
      if (item.kind === 'caught-up') onCaughtUp();
      else if (item.kind === 'checkpoint') this.#position = Math.max(this.#position, item.position);
      else {
        this.#position = item.event.position;
        take(item.event);
      }
      onProgress?.();
    }
    onCaughtUp();
  }
}
