import t from 'tap';
import { TOMBSTONE } from '../../../../src/embedded/event-store/storage/record.js';
import {
  ANY,
  decideAppend,
  NO_STREAM,
  STREAM_EXISTS,
  type StreamFacts,
} from '../../../../src/embedded/event-store/store/append-check.js';

/** A stream with these event ids. */
function stream(ids: readonly string[], more: Partial<StreamFacts> = {}): StreamFacts {
  return {
    last: ids.length - 1,
    softDeleted: () => false,
    hasMetadata: () => false,
    revisionOfId: (id) => (ids.includes(id) ? ids.indexOf(id) : undefined),
    idAt: (revision) => ids[revision],
    ...more,
  };
}

/** Stream, expectation, ids appended, outcome. */
const CASES: readonly (readonly [StreamFacts, number, readonly string[], string])[] = [
  [stream([]), ANY, ['a'], 'write'],
  [stream([]), NO_STREAM, ['a'], 'write'],
  [stream([]), STREAM_EXISTS, ['a'], 'wrong-expected-revision'],
  [stream([], { hasMetadata: () => true }), STREAM_EXISTS, ['a'], 'write'],
  [stream([]), 0, ['a'], 'wrong-expected-revision'],
  [stream(['a', 'b']), 1, ['c'], 'write'],
  [stream(['a', 'b']), 0, ['c'], 'wrong-expected-revision'],
  [stream(['a', 'b']), 5, ['c'], 'wrong-expected-revision'],
  [stream(['a', 'b']), NO_STREAM, ['a', 'b'], 'repeated'],
  [stream(['a', 'b', 'c']), 0, ['b'], 'repeated'],
  [stream(['a', 'b']), NO_STREAM, ['a', 'c'], 'wrong-expected-revision'],
  [stream(['a', 'b']), NO_STREAM, ['a', 'b', 'c'], 'wrong-expected-revision'],
  [stream(['a', 'b']), 1, ['a'], 'write'],
  [stream(['a', 'b']), ANY, ['b'], 'repeated'],
  [stream(['a', 'b']), ANY, ['b', 'c'], 'wrong-expected-revision'],
  [stream(['a', 'b']), ANY, ['c', 'b'], 'write'],
  [stream(['a']), ANY, [], 'write'],
  [stream(['a']), NO_STREAM, [], 'wrong-expected-revision'],
  [stream(['a'], { softDeleted: () => true }), NO_STREAM, ['b'], 'write'],
  [stream(['a'], { softDeleted: () => true }), 0, ['b'], 'write'],
  [stream(['a'], { softDeleted: () => true }), STREAM_EXISTS, ['b'], 'stream-deleted'],
  [stream(['a'], { last: TOMBSTONE }), ANY, ['b'], 'stream-deleted'],
];

for (const [i, [facts, expected, ids, outcome]] of CASES.entries()) {
  t.equal(
    decideAppend(facts, expected, ids).kind,
    outcome,
    `case ${i}: expecting ${expected}, appending ${ids}`,
  );
}
