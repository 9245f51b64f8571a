import type { ClockOffset } from '../../clock.js';

/** What one answer tells about the server's clock. */
export interface TimedAnswer {
  /** This process's clock when the question was sent and when the answer arrived, milliseconds since 1970. */
  readonly askedAt: number;
  readonly answeredAt: number;
  /** The server's clock between these two times, rounded down to a second, milliseconds since 1970. */
  readonly serverTime: number;
}

export interface ClockDifference {
  add(answer: TimedAnswer): void;
  /** Undefined before the first answer. */
  offset(): ClockOffset | undefined;
}

/** A server sends whole seconds, and may take the time from a timer that runs once a second. */
const SERVER_TIME_LAG_MS = 2_000;
/** The number of latest answers that are evaluated together. */
const ANSWERS_MAX = 30;

interface Bounds {
  readonly lowest: number;
  readonly highest: number;
}

/**
 * Calculates how far a server's clock is ahead. Each answer gives a lower and an upper bound, and the true
 * difference lies within the bounds of all answers as long as nobody sets either clock. After a clock was set, only
 * the newest answer counts.
 */
export function createClockDifference(): ClockDifference {
  let answers: Bounds[] = [];
  let bounds: Bounds | undefined;

  const intersectionOf = (all: readonly Bounds[]): Bounds => ({
    lowest: Math.max(...all.map(({ lowest }) => lowest)),
    highest: Math.min(...all.map(({ highest }) => highest)),
  });

  return {
    add({ askedAt, answeredAt, serverTime }) {
      const newest = { lowest: serverTime - answeredAt, highest: serverTime + SERVER_TIME_LAG_MS - askedAt };
      answers = [...answers.slice(1 - ANSWERS_MAX), newest];
      bounds = intersectionOf(answers);
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
