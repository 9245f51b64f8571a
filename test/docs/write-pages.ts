import { writeFoldRecord } from '../support/fold-record.js';
import { writeMissingGoldenEvents } from '../support/golden-events.js';
import { GENERATED_PAGES, pageText, writePage } from './generated-pages.js';

/** `npm run docs`: fills the tables of the documentation from the code, and adds missing golden events and rows of folds. */
for (const page of GENERATED_PAGES) {
  const { now, should } = await pageText(page);
  if (now === should) continue;
  await writePage(page, should);
  process.stdout.write(`${page.file}\n`);
}
for (const file of await writeMissingGoldenEvents()) process.stdout.write(`test/fixtures/events/${file}\n`);
if (await writeFoldRecord()) process.stdout.write('test/fixtures/folded-rows\n');
