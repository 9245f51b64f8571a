import {
  recordCreatedMs,
  recordRevision,
  recordStreamHash,
  recordStreamName,
  TOMBSTONE,
} from '../storage/record.js';
import type { EventStore } from './event-store.js';

/** What may go of a stream, worked out once per stream and pass. */
interface StreamRule {
  /** The newest event always stays: it carries the stream's revision. */
  readonly last: number;
  readonly keepFrom: number;
  readonly createdFromMs: number;
}

const RULES_MAX = 50_000;

/**
 * Makes the test for events that no read can show any more: truncated, older than the stream's age limit, or of a
 * stream that is gone. Only metadata that is on disk counts.
 */
export function createGarbageTest(
  store: EventStore,
  nowMs: number,
): (buffer: Buffer, offset: number) => boolean {
  const rules = new Map<string, StreamRule>();

  function ruleOf(buffer: Buffer, offset: number): StreamRule {
    const key = recordStreamHash(buffer, offset).toString('latin1');
    const known = rules.get(key);
    if (known) return known;
    const state = store.state(recordStreamName(buffer, offset));
    const last = store.durableLast(state);
    const { maxCount, maxAgeMs, truncateBefore } = store.durableMetadata(state);
    const rule: StreamRule = {
      last,
      keepFrom:
        last === TOMBSTONE
          ? TOMBSTONE
          : Math.max(truncateBefore ?? 0, maxCount === undefined ? 0 : last + 1 - maxCount),
      createdFromMs: maxAgeMs === undefined ? Number.NEGATIVE_INFINITY : nowMs - maxAgeMs,
    };
    if (rules.size >= RULES_MAX) rules.clear();
    rules.set(key, rule);
    return rule;
  }

  return (buffer, offset) => {
    const { last, keepFrom, createdFromMs } = ruleOf(buffer, offset);
    const revision = recordRevision(buffer, offset);
    if (revision >= last) return false;
    return revision < keepFrom || recordCreatedMs(buffer, offset) < createdFromMs;
  };
}
