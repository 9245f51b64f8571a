import { TOMBSTONE } from '../storage/record.js';
import { NO_EVENTS } from './stream-state.js';

/** Expected revisions, as EventStoreDB numbers them; 0 and above are revisions. */
export const ANY = -2;
export const NO_STREAM = -1;
export const STREAM_EXISTS = -4;

export type AppendDecision =
  | { readonly kind: 'write' }
  /** The same events are already in the stream; `lastRevision` is that of the last one. */
  | { readonly kind: 'repeated'; readonly lastRevision: number }
  | { readonly kind: 'wrong-expected-revision' }
  | { readonly kind: 'stream-deleted' };

/** What the decision needs to know about the stream. The functions are called only when they are needed. */
export interface StreamFacts {
  readonly last: number;
  /** Whether the stream was deleted and not appended to since. */
  readonly softDeleted: () => boolean;
  /** Whether the stream has metadata of its own. */
  readonly hasMetadata: () => boolean;
  /** Revision in this stream of a recent event with this id. */
  readonly revisionOfId: (id: string) => number | undefined;
  /** Id of the event at a revision. */
  readonly idAt: (revision: number) => string | undefined;
}

const WRITE: AppendDecision = Object.freeze({ kind: 'write' });
const WRONG: AppendDecision = Object.freeze({ kind: 'wrong-expected-revision' });
const DELETED: AppendDecision = Object.freeze({ kind: 'stream-deleted' });

/** Decides what an append of events with these ids does, by EventStoreDB's rules for repeated ids. */
export function decideAppend(facts: StreamFacts, expected: number, ids: readonly string[]): AppendDecision {
  const { last } = facts;
  if (last === TOMBSTONE) return DELETED;
  if (expected === STREAM_EXISTS) {
    if (facts.softDeleted()) return DELETED;
    if (last === NO_EVENTS && !facts.hasMetadata()) return WRONG;
  }
  if (expected === ANY || expected === STREAM_EXISTS) return decideWithoutExpectation(facts, ids);
  if (expected > last) return WRONG;
  if (expected === last) return WRITE;
  return decideRepeat(facts, expected, ids);
}

/** Without an expected revision: a repeat when every id is known in this stream, wrong when only some are. */
function decideWithoutExpectation(facts: StreamFacts, ids: readonly string[]): AppendDecision {
  let lastRevision: number | undefined;
  for (const [i, id] of ids.entries()) {
    const revision = facts.revisionOfId(id);
    if (revision === undefined) return i === 0 ? WRITE : WRONG;
    lastRevision = revision;
  }
  return lastRevision === undefined ? WRITE : { kind: 'repeated', lastRevision };
}

/** The stream is longer than expected: a repeat when exactly these events follow the expected revision. */
function decideRepeat(facts: StreamFacts, expected: number, ids: readonly string[]): AppendDecision {
  let revision = expected;
  for (const [i, id] of ids.entries()) {
    revision += 1;
    if (facts.idAt(revision) === id) continue;
    if (i > 0) return WRONG;
    return expected === NO_STREAM && facts.softDeleted() ? WRITE : WRONG;
  }
  return ids.length === 0 ? WRONG : { kind: 'repeated', lastRevision: revision };
}
