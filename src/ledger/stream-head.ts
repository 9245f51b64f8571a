import { EMPTY_STREAM } from './event-log.js';
import type { RecordedEvent } from './event-registry.js';

/** The end of a stream: what the next append needs to continue its chain. */
export interface StreamHead {
  /** -1 for a stream without events. */
  readonly revision: number;
  /** The last event's `hash`; empty without one. */
  readonly hash: string;
  /** The last event's `at`, milliseconds since 1970; 0 without one. */
  readonly at: number;
}

export const EMPTY_HEAD: StreamHead = { revision: EMPTY_STREAM, hash: '', at: 0 };

/** The head of a stream after an event. */
export function headAfter(event: RecordedEvent | undefined): StreamHead {
  if (!event) return EMPTY_HEAD;
  return { revision: event.revision, hash: event.envelope.hash, at: Date.parse(event.envelope.at) };
}
