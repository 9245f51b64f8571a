import {
  AppendOutcomeUnknownError,
  type EventLog,
  LogUnavailableError,
  type RawEvent,
  type ReadOptions,
} from '../../src/ledger/event-log.js';
import type { SimulatedProcess } from './simulated-process.js';

/** How the one event store is doing. */
export interface StoreCondition {
  away: boolean;
}

const APPEND_TIMEOUT_MS = 10_000;
const READ_TIMEOUT_MS = 15_000;
/** A request may lie in a buffer on the way for this long after its sender gave up. */
const LATE_MAX_MS = 30_000;

/** The event store as one process reaches it. */
export function createSimulatedLog(
  server: EventLog,
  process: SimulatedProcess,
  condition: StoreCondition,
  trace: (line: string) => void,
): EventLog {
  const away = () => condition.away;

  return {
    append: (stream, events, expected) =>
      process.call({
        what: `append ${events.map(({ type }) => type).join('+')} to ${shortStream(stream)}@${expected + 1}`,
        async work() {
          const appended = await server.append(stream, events, expected);
          const types = events.map(({ type }) => type).join('+');
          trace(`${process.name} appended ${types} as ${shortStream(stream)}@${appended.revision}`);
          return appended;
        },
        timeoutMs: APPEND_TIMEOUT_MS,
        lateMs: LATE_MAX_MS,
        isAppend: true,
        unanswered: (why) => new AppendOutcomeUnknownError(stream, new Error(why)),
        away,
      }),
    async *read(stream: string, options?: ReadOptions) {
      yield* await process.call({
        what: `read ${shortStream(stream)}`,
        async work() {
          const events: RawEvent[] = [];
          for await (const event of server.read(stream, options)) events.push(event);
          return events;
        },
        timeoutMs: READ_TIMEOUT_MS,
        unanswered: (why) => new LogUnavailableError(`reading ${stream}`, new Error(why)),
        away,
      });
    },
    // Projectors of a history read whole pages (see `simulated-projector.ts`).
    subscribe() {
      throw new TypeError('nobody subscribes here');
    },
    head: () => server.head(),
    truncate: (stream, truncation) => server.truncate(stream, truncation),
    clockOffset: () => ({ offsetMs: -process.clockAheadMs, uncertaintyMs: 0 }),
    refusal: () => server.refusal(),
    close: async () => undefined,
  };
}

/** The last digits of a stream's key are enough to tell streams apart in a trace. */
const shortStream = (stream: string): string => stream.slice(0, 4) + stream.slice(-6);
