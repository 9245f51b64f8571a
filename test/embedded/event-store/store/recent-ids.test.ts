import t from 'tap';
import { createRecentIds } from '../../../../src/embedded/event-store/store/recent-ids.js';

/** More ids than the table holds, made from a seed. */
const COUNT = 50_000;
const idOf = (n: number) => {
  const hex = (Math.imul(n + 1, 0x9e3779b1) >>> 0).toString(16).padStart(8, '0');
  return `${hex}-${hex.slice(0, 4)}-4${hex.slice(1, 4)}-8${hex.slice(2, 5)}-${n.toString(16).padStart(12, '0')}`;
};

t.test('the newest ids are known, and the oldest are dropped', async (t) => {
  const ids = createRecentIds(32_768);
  for (let n = 0; n < COUNT; n++) ids.add(idOf(n), n * 100);
  let known = 0;
  for (let n = 0; n < COUNT; n++) {
    const position = ids.find(idOf(n));
    if (position === undefined) continue;
    known += 1;
    if (position !== n * 100) t.fail(`${n} lies elsewhere`);
  }
  t.equal(known, 32_768);
  t.equal(ids.find(idOf(COUNT - 1)), (COUNT - 1) * 100);
  t.equal(ids.find(idOf(0)), undefined);
  ids.add(idOf(COUNT - 1), 7);
  t.equal(ids.find(idOf(COUNT - 1)), 7, 'an id that comes again lies where it came last');
});

t.test('an id whose repetition was not kept has its earlier position again', async (t) => {
  const ids = createRecentIds(8);
  ids.add(idOf(1), 100);
  ids.settle(200);
  ids.add(idOf(1), 200);
  ids.add(idOf(1), 300);
  ids.settle(250);
  ids.cut(250);
  t.equal(ids.find(idOf(1)), 200, 'an id that is on disk is kept');
  ids.add(idOf(1), 260);
  ids.add(idOf(1), 270);
  ids.cut(250);
  t.equal(ids.find(idOf(1)), 200);
});
