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
  /** Streams that wait at an event of theirs; what comes after it is passed. */
  readonly waiting: ReadonlySet<string>;
  readonly signal: AbortSignal;
  readonly clock: Clock;
  readonly chance: Chance;
  readonly onInterrupted: (error: unknown, retryInMs: number) => void;
}

/**
 * Brings the log into the intake until the signal aborts, through every interruption of the subscription. An
 * event that can't be decoded ends it: the intake fails with a PoisonEventError, after all that came before.
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

/** What an envelope takes, roughly, in bytes. */
const ENVELOPE_BYTES = 900;

/** Roughly what an event takes in a statement, in bytes: enough to keep batches bounded. */
const sizeOf = ({ bytes, data }: RawEvent): number => bytes ?? JSON.stringify(data).length + ENVELOPE_BYTES;
