import t from 'tap';
import { fillBlocks } from './generated-blocks.js';
import { GENERATED_PAGES, pageText } from './generated-pages.js';

for (const page of GENERATED_PAGES)
  t.test(`${page.file} says what the code says`, async (t) => {
    const { now, should } = await pageText(page);
    t.equal(now, should, 'npm run docs brings it up to date');
  });

t.test('a block without a text and a text without a block are mistakes', async (t) => {
  const page = 'before\n<!-- from the code: one -->\nold\n<!-- end -->\nafter';
  t.equal(
    fillBlocks(page, { one: 'new' }),
    'before\n<!-- from the code: one -->\n\nnew\n\n<!-- end -->\nafter',
  );
  t.throws(() => fillBlocks(page, {}), /nothing in the code is called one/);
  t.throws(() => fillBlocks(page, { one: 'new', two: 'more' }), /no block for two/);
});
