import type { QueryExecutorProvider } from 'kysely';
import type { Logger } from 'pino';
import type { Clock, ClockOffset } from '../clock.js';
import { measureClock } from '../db/clock-difference.js';
import { CLOCK_DIFFERENCE_MAX_MS } from '../ledger/clock-check.js';
import type { EventLog } from '../ledger/event-log.js';
import { Periodic } from '../timing/periodic.js';

/** Beyond this, people would read wrong times. */
const NOTICED_MS = 1_000;
/** Beyond this, a clock must be set. */
const WRONG_MS = 5_000;
const MEASURE_EVERY_MS = 5_000;

/** The servers whose clocks are compared, by their names for people. */
export type ServerWithClock = 'PostgreSQL' | 'the event store';

export interface ClockInWords {
  readonly state: 'ok' | 'noticed' | 'wrong';
  readonly words: string;
}

/** How serious a difference to a server's clock is, and what to do about it, in words. */
export function clockInWords(
  server: ServerWithClock,
  { offsetMs, uncertaintyMs }: ClockOffset,
): ClockInWords {
  const certainMs = Math.abs(offsetMs) - uncertaintyMs;
  if (certainMs <= NOTICED_MS) return { state: 'ok', words: `agrees with ${server}’s` };
  const side = offsetMs > 0 ? 'behind' : 'ahead of';
  const isRefused = server === 'the event store' && certainMs > CLOCK_DIFFERENCE_MAX_MS;
  const so = isRefused ? 'nothing is recorded from here until both are' : 'both must be';
  const words = `is ${(Math.abs(offsetMs) / 1000).toFixed(1)} s ${side} ${server}’s: ${so} set by NTP (chrony, systemd-timesyncd)`;
  return { state: certainMs > WRONG_MS ? 'wrong' : 'noticed', words };
}

/** The differences between this process's clock and those of the servers. */
export interface ClockDifferences {
  readonly measuring: Periodic;
  /** By server, for the servers whose clocks are known. */
  known(): ReadonlyMap<ServerWithClock, ClockOffset>;
  /** The largest difference in words; undefined before any is known. */
  words(): ClockInWords | undefined;
}

/** Measures PostgreSQL's clock every few seconds. The event store's clock is read from the answers to the log. */
export function createClockDifferences(deps: {
  readonly db: QueryExecutorProvider;
  readonly log: Pick<EventLog, 'clockOffset'>;
  readonly clock: Clock;
  readonly logger: Logger;
}): ClockDifferences {
  let database: ClockOffset | undefined;

  function known(): ReadonlyMap<ServerWithClock, ClockOffset> {
    const differences = new Map<ServerWithClock, ClockOffset>();
    const store = deps.log.clockOffset();
    if (store) differences.set('the event store', store);
    if (database) differences.set('PostgreSQL', database);
    return differences;
  }

  return {
    measuring: new Periodic(
      'difference of clocks',
      MEASURE_EVERY_MS,
      async () => {
        database = await measureClock(deps.db, deps.clock).catch(() => undefined);
      },
      deps,
    ),
    known,
    words() {
      const inWords = [...known()].map(([server, offset]) => clockInWords(server, offset));
      const worst = (['wrong', 'noticed'] as const).flatMap((state) =>
        inWords.filter((clock) => clock.state === state),
      );
      if (worst[0]) return worst[0];
      return inWords.length === 0 ? undefined : { state: 'ok', words: 'agrees with those of the servers' };
    },
  };
}
