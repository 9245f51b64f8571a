import { streamHash } from '../stream-index/index-key.js';
import type { StreamMetadata } from './stream-metadata.js';

/** The state of a stream. `last` includes appends that are not on disk yet. */
export interface StreamState {
  readonly name: string;
  readonly nameBytes: Buffer;
  readonly hash: Buffer;
  /** Revision of the newest event, `NO_EVENTS`, or `TOMBSTONE`. */
  last: number;
  /** Read when it is first needed. */
  metadata: StreamMetadata | undefined;
}

export const NO_EVENTS = -1;
const STATES_PER_GENERATION = 10_000;

/** Keeps the states of recently used streams in two generations; the older one is dropped as a whole. */
export interface StreamStates {
  get(name: string): StreamState;
  clear(): void;
}

export function createStreamStates(lastRevisionOf: (stream: StreamState) => number): StreamStates {
  let young = new Map<string, StreamState>();
  let old = new Map<string, StreamState>();
  return {
    get(name) {
      const known = young.get(name);
      if (known) return known;
      let state = old.get(name);
      if (!state) {
        const nameBytes = Buffer.from(name);
        state = { name, nameBytes, hash: streamHash(nameBytes), last: NO_EVENTS, metadata: undefined };
        state.last = lastRevisionOf(state);
      }
      if (young.size >= STATES_PER_GENERATION) {
        old = young;
        young = new Map();
      }
      young.set(name, state);
      return state;
    },
    clear() {
      young = new Map();
      old = new Map();
    },
  };
}
