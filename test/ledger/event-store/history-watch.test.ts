import t from 'tap';
import { HistoryChangedError } from '../../../src/ledger/event-log.js';
import { createHistoryWatch, type HistoryReads } from '../../../src/ledger/event-store/history-watch.js';
import type { PlacedEvent } from '../../../src/ledger/event-store/read-one.js';

const at = (commit: number, id = `event-${commit}`): PlacedEvent => ({ commit, prepare: commit, id });

/** A watch of a log whose events can be replaced; `duringRead` runs while the last event is being read. */
function watchOf(events: readonly PlacedEvent[]) {
  let log = events;
  let duringRead = () => {};
  const watch = createHistoryWatch(async () => {});
  const reads: HistoryReads = {
    async readLast() {
      const last = log.at(-1);
      duringRead();
      return last;
    },
    readAt: async ({ commit }) =>
      log.some((event) => event.commit === commit)
        ? log.find((event) => event.commit === commit)
        : 'no-event-begins-here',
  };
  return {
    watch: { saw: watch.saw, check: () => watch.check(reads) },
    put(older: readonly PlacedEvent[]) {
      log = older;
    },
    meanwhile(action: () => void) {
      duringRead = action;
    },
  };
}

t.test('a log that goes on is the same history', async (t) => {
  const { watch, put } = watchOf([]);
  t.equal(await watch.check(), undefined);
  put([at(10)]);
  t.match(await watch.check(), { commit: 10 });
  put([at(10), at(20)]);
  t.match(await watch.check(), { commit: 20 });
});

t.test('an older copy is noticed by what a subscription delivered since the last check', async (t) => {
  const { watch } = watchOf([at(10)]);
  await watch.check();
  watch.saw(20);
  await t.rejects(watch.check(), { name: 'HistoryChangedError', message: /position 20 and now ends at 10/ });
});

t.test('an older copy that has grown since is noticed by the event at a known position', async (t) => {
  const { watch, put } = watchOf([at(10), at(20)]);
  await watch.check();
  put([at(10), at(20, 'another'), at(30)]);
  await t.rejects(watch.check(), HistoryChangedError);
  put([at(10), at(21), at(30)]);
  await t.rejects(watch.check(), { message: /no event lies at position 20/ });
});

t.test('an event that is delivered while the end is read is no change', async (t) => {
  const { watch, meanwhile } = watchOf([at(10)]);
  meanwhile(() => watch.saw(20));
  t.match(await watch.check(), { commit: 10 });
});
