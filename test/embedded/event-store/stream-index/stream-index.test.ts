import fc from 'fast-check';
import t from 'tap';
import { silentLogger } from '../../../../src/embedded/event-store/logger.js';
import { streamHash } from '../../../../src/embedded/event-store/stream-index/index-key.js';
import { StreamIndex } from '../../../../src/embedded/event-store/stream-index/stream-index.js';
import { testFolder } from '../support/test-store.js';

const keyOf = (n: number) => ({ name: `s-${n}`, hash: streamHash(Buffer.from(`s-${n}`)) });

/**
 * Compares the index with a plain map. Look-ups give the same answers from memory, from files, after merging and
 * after reopening.
 */
t.test('a look-up finds what a map of the same entries has', async (t) => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.nat({ max: 12 }), { minLength: 50, maxLength: 900 }),
      fc.integer({ min: 5, max: 60 }),
      async (streams, inMemoryMax) => {
        const folder = testFolder(t);
        let index = StreamIndex.open(folder, inMemoryMax, silentLogger);
        const model = new Map<number, number[]>();
        let position = 64;
        for (const [i, n] of streams.entries()) {
          const positions = model.get(n) ?? [];
          index.add(keyOf(n), positions.length, position);
          positions.push(position);
          model.set(n, positions);
          position += 100;
          index.flush(position, position);
          if (i % 97 === 96) {
            await index.close(position);
            index = StreamIndex.open(folder, inMemoryMax, silentLogger);
          }
        }
        for (let n = 0; n <= 12; n++) {
          const positions = model.get(n) ?? [];
          const all = positions.map((at, revision) => ({ revision, position: at }));
          t.same(index.last(keyOf(n)), all.at(-1));
          t.same(index.from(keyOf(n), 3, 20), all.slice(3, 23));
          t.same(index.downFrom(keyOf(n), 40, 20), all.slice(0, 41).reverse().slice(0, 20));
          t.same(index.last(keyOf(n), 5), all.slice(0, 6).at(-1));
        }
        t.equal(index.events, streams.length);
        t.equal(index.streams, model.size);
        await index.close(position);
      },
    ),
    { numRuns: 12 },
  );
});

t.test(
  'entries that were cut off the log are forgotten, also while a file waits to be written',
  async (t) => {
    const index = StreamIndex.open(testFolder(t), 10, silentLogger);
    for (let i = 0; i < 12; i++) index.add(keyOf(i % 3), Math.floor(i / 3), 64 + i * 10);
    // Full, but only half of it is on disk: the other half may still be refused.
    index.flush(64 + 60, 64 + 120);
    index.cut(64 + 60);
    t.equal(index.events, 6);
    t.same(index.last(keyOf(0)), { revision: 1, position: 94 });
    index.add(keyOf(0), 2, 124);
    index.flush(134, 134);
    t.same(
      index.from(keyOf(0), 0, 9).map(({ position }) => position),
      [64, 94, 124],
    );
    t.ok(index.coveredTo <= 124, 'the file ends before what came after the cut');
    await index.close(134);
  },
);
