import t from 'tap';
import { PAGE_BYTES, Page } from '../../../../src/embedded/event-store/service/page.js';

t.test('a page is filled with whole messages until the next one doesn’t fit', async (t) => {
  const message = Buffer.alloc(1_000, 7);
  const page = new Page();
  t.ok(page.empty);
  let taken = 0;
  while (page.add(message)) taken += 1;
  t.equal(taken, Math.floor(PAGE_BYTES / message.length));
  t.equal(page.take().length, taken * message.length);
});

t.test('a message larger than a page has its own page', async (t) => {
  const large = Buffer.alloc(5 * PAGE_BYTES, 1);
  const page = new Page();
  t.ok(page.add(large), 'an empty page takes it');
  t.notOk(page.add(Buffer.alloc(1)), 'and nothing behind it');
  page.append(Buffer.from([2]));
  t.same(page.take(), Buffer.concat([large, Buffer.from([2])]), 'but what must not wait');
});
