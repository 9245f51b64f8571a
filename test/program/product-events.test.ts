import t from 'tap';
import { brokenLink } from '../../src/ledger/hash-chain.js';
import { productEvents } from '../../src/program/product-events.js';
import { goldenFile, readGoldenEvents } from '../support/golden-events.js';

/** Stored events stay readable: an upcaster may add to the decoded data or rename a field, and loses nothing. */
t.test('every event ever written decodes as it did', async (t) => {
  const golden = await readGoldenEvents();
  for (const { file, raw, decoded } of golden) {
    t.equal(brokenLink(raw, ''), undefined, `${file} is sealed`);
    const { data, envelope, type, stream } = productEvents.decode(raw);
    t.strictSame(envelope, decoded.envelope, file);
    t.hasStrict(data, decoded.data, file);
    if (productEvents.definition(type)?.version === 1) t.strictSame(data, decoded.data, file);
    t.equal(goldenFile(type, Number(Object(raw.metadata).schemaVersion)), file, 'its name says what it is');
    t.ok(
      stream.startsWith(`${productEvents.definition(type)?.category}-`),
      'it stands in a stream of its kind',
    );
  }
});

t.test('every type has a golden event of each version', async (t) => {
  const files = (await readGoldenEvents()).map(({ file }) => file);
  const wanted = productEvents.definitions.flatMap(({ type, version }) =>
    Array.from({ length: version }, (_, index) => goldenFile(type, index + 1)),
  );
  t.strictSame(files, wanted.sort(), 'npm run docs writes the missing ones; none is ever changed or removed');
});

t.test('an altered golden event is noticed', async (t) => {
  for (const { file, raw } of await readGoldenEvents()) {
    const more = { ...Object(raw.data), more: 1 };
    t.equal(brokenLink({ ...raw, data: more }, ''), 'its data was altered', file);
    t.throws(() => productEvents.decode({ ...raw, data: more }), { name: 'DamagedEventError' }, file);
    const newer = { ...Object(raw.metadata), schemaVersion: '99' };
    t.throws(() => productEvents.decode({ ...raw, metadata: newer }), { name: 'UnknownEventError' }, file);
  }
});
