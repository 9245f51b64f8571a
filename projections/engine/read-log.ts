import type { Chance, Clock } from '../../src/clock.js';
import type { EventLog, RawEvent } from '../../src/ledger/event-log.js';
import type { RecordedEvent } from '../../src/ledger/event-registry.js';
import { follow } from '../../src/ledger/follow.js';
import { ageInLog } from './age-in-log.js';
import { PoisonEventError } from './failures.js';
import type { Intake } from './intake.js';

export interface ReadLogOptions {
  readonly log: EventLog;
  readonly streamPrefixes: readonly string[];
  readonly decode: (event: RawEvent) => RecordedEvent;
  /** Position of the last event applied, -1 for none. */
  readonly after: number;
  readonly intake: Intake;
  /** Streams that were set aside; their later events are skipped. */
  readonly waiting: ReadonlySet<string>;
  readonly signal: AbortSignal;
  readonly clock: Clock;
  readonly chance: Chance;
  readonly onInterrupted: (error: unknown, retryInMs: number) => void;
}

/**
 * Reads the log into the intake until the signal aborts, and subscribes again after every interruption. An event that
 * can't be decoded ends reading: the intake then fails with a PoisonEventError after all earlier events.
 */
export async function readLog(options: ReadLogOptions): Promise<void> {
  const { log, streamPrefixes, intake, waiting, signal, clock, chance, onInterrupted } = options;
  let seen = options.after;
  const inLogSince = (event: RawEvent) =>
    clock.monotonicMs() - ageInLog(event, log.clockOffset(), clock.now());
  const resumeAfter = () => (seen < 0 ? undefined : seen);
  for await (const item of follow({
    log,
    streamPrefixes,
    resumeAfter,
    signal,
    clock,
    chance,
    onInterrupted,
  })) {
    switch (item.kind) {
      case 'event': {
        if (waiting.has(item.event.stream)) {
          seen = item.event.position;
          intake.reached(seen);
          break;
        }
        await intake.room();
        if (signal.aborted) return;
        const decoded = decodeOrPoison(options.decode, item.event);
        if (decoded instanceof PoisonEventError) {
          intake.fail(decoded);
          return;
        }
        intake.add(decoded, sizeOf(item.event), inLogSince(item.event));
        seen = item.event.position;
        break;
      }
      case 'checkpoint':
        intake.reached(item.position);
        seen = Math.max(seen, item.position);
        break;
      case 'caught-up':
        intake.caughtUp();
    }
  }
}

function decodeOrPoison(
  decode: (event: RawEvent) => RecordedEvent,
  event: RawEvent,
): RecordedEvent | PoisonEventError {
  try {
    return decode(event);
  } catch (error) {
    return new PoisonEventError(event, error);
  }
}

/** Approximate size of an event's envelope, in bytes. */
const ENVELOPE_BYTES = 900;

/** Approximate size of an event in a statement, in bytes; it keeps batches bounded. */
const sizeOf = ({ bytes, data }: RawEvent): number => bytes ?? JSON.stringify(data).length + ENVELOPE_BYTES;
