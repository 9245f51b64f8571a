import {
  recordCreatedMs,
  recordRevision,
  recordStreamHash,
  recordStreamName,
  TOMBSTONE,
} from '../storage/record.js';
import type { Segment } from '../storage/segment.js';
import type { EventStore } from './event-store.js';
import type { StreamState } from './stream-state.js';

/** Which events of a stream may be removed, computed once for each stream and pass. */
interface StreamRule {
  /** The newest event always stays, because it holds the stream's revision. */
  readonly last: number;
  readonly keepFrom: number;
  readonly createdFromMs: number;
}

const RULES_MAX = 50_000;

/**
 * Makes the test for events that no read can show any more: truncated events, events older than the stream's age
 * limit, and events of a deleted stream. Only metadata on disk counts.
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
    const rule = streamRule(store, store.state(recordStreamName(buffer, offset)), nowMs);
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

function streamRule(store: EventStore, state: StreamState, nowMs: number): StreamRule {
  const last = store.streams.durableLast(state);
  const { maxCount, maxAgeMs, truncateBefore } = store.streams.durableMetadata(state);
  return {
    last,
    keepFrom:
      last === TOMBSTONE
        ? TOMBSTONE
        : Math.max(truncateBefore ?? 0, maxCount === undefined ? 0 : last + 1 - maxCount),
    createdFromMs: maxAgeMs === undefined ? Number.NEGATIVE_INFINITY : nowMs - maxAgeMs,
  };
}

/** Index entries that are read between two pauses. */
const ENTRIES_AT_ONCE = 1_000;

/**
 * The log files with events that streams no longer show. They are found by the index, so that the other files need
 * not be read. `pause` is awaited now and then; it throws to end the search.
 */
export async function filesWithGarbage(
  store: EventStore,
  streams: Iterable<string>,
  { nowMs, pause }: { readonly nowMs: number; readonly pause: () => Promise<void> },
): Promise<ReadonlySet<Segment>> {
  const files = new Set<Segment>();
  for (const name of streams) {
    const state = store.state(name);
    const { last, keepFrom, createdFromMs } = streamRule(store, state, nowMs);
    // The index doesn't know the age of events, so any event but the newest may be too old.
    const below = createdFromMs === Number.NEGATIVE_INFINITY ? Math.min(keepFrom, last) : last;
    for (let from = 0; from < below; ) {
      const entries = store.index.from(state, from, ENTRIES_AT_ONCE);
      for (const { revision, position } of entries) {
        const file =
          revision < below ? store.log.segments.findLast(({ base }) => base <= position) : undefined;
        if (file) files.add(file);
      }
      from = (entries.at(-1)?.revision ?? below) + 1;
      await pause();
    }
  }
  return files;
}
