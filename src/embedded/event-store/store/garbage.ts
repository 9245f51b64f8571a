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
  const last = store.durableLast(state);
  const { maxCount, maxAgeMs, truncateBefore } = store.durableMetadata(state);
  return {
    last,
    keepFrom:
      last === TOMBSTONE
        ? TOMBSTONE
        : Math.max(truncateBefore ?? 0, maxCount === undefined ? 0 : last + 1 - maxCount),
    createdFromMs: maxAgeMs === undefined ? Number.NEGATIVE_INFINITY : nowMs - maxAgeMs,
  };
}

/** Index entries that are looked at between two pauses. */
const ENTRIES_AT_ONCE = 1_000;

/**
 * The log files that hold events which streams no longer show, found by the index, so that the others need not be
 * read. `pause` is awaited now and then; it throws to give up.
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
    // Which events are too old is not in the index: any but the newest may be.
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
