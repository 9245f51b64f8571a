import type { ClockOffset } from '../../clock.js';

/** What one answer says of the server's clock. */
export interface TimedAnswer {
  /** This process's clock when it asked and when it had the answer, milliseconds since 1970. */
  readonly askedAt: number;
  readonly answeredAt: number;
  /** The server's clock meanwhile, rounded down to a second, milliseconds since 1970. */
  readonly serverTime: number;
}

export interface ClockDifference {
  add(answer: TimedAnswer): void;
  /** Undefined before the first answer. */
  offset(): ClockOffset | undefined;
}

/** A server says whole seconds, and may take the time from a timer that runs once a second. */
const SERVER_TIME_LAG_MS = 2_000;
/** Answers that are looked at together. */
const ANSWERS_MAX = 30;

interface Bounds {
  readonly lowest: number;
  readonly highest: number;
}

/**
 * Narrows down how far a server's clock is ahead. Each answer bounds the difference; the true one lies within the
 * bounds of all of them, as long as neither clock is set. When it is, the newest answer counts.
 */
export function createClockDifference(): ClockDifference {
  let answers: Bounds[] = [];
  let bounds: Bounds | undefined;

  const narrowed = (all: readonly Bounds[]): Bounds => ({
    lowest: Math.max(...all.map(({ lowest }) => lowest)),
    highest: Math.min(...all.map(({ highest }) => highest)),
  });

  return {
    add({ askedAt, answeredAt, serverTime }) {
      const newest = { lowest: serverTime - answeredAt, highest: serverTime + SERVER_TIME_LAG_MS - askedAt };
      answers = [...answers.slice(1 - ANSWERS_MAX), newest];
      bounds = narrowed(answers);
      if (bounds.lowest <= bounds.highest) return;
      answers = [newest];
      bounds = newest;
    },
    offset() {
      if (!bounds) return undefined;
      const { lowest, highest } = bounds;
      return { offsetMs: (lowest + highest) / 2, uncertaintyMs: (highest - lowest) / 2 };
    },
  };
}
