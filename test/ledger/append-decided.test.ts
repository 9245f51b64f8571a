import t from 'tap';
import { appendDecided } from '../../src/ledger/append-decided.js';
import type { EnvelopeContext } from '../../src/ledger/envelope.js';
import { LogUnavailableError } from '../../src/ledger/event-log.js';
import { headAfter } from '../../src/ledger/stream-head.js';
import type { ProductDraft } from '../../src/program/product-events.js';
import { memberStream } from '../../src/tenancy/member-events.js';
import { createEventBuilder } from '../support/event-builder.js';

const TENANT = '1f2d3c4b-0000-4000-8000-000000000001';
const PERSON = '1f2d3c4b-0000-4000-8000-00000000000a';
const stream = memberStream(TENANT, PERSON);
const marked = (id: string): ProductDraft => ({ type: 'NotificationRead', data: { notificationIds: [id] } });
const context: EnvelopeContext = {
  tenantId: TENANT,
  actor: { kind: 'member', id: PERSON },
  correlationId: 'c',
  causationId: 'c',
};

function setUp() {
  const { ledger, append, log } = createEventBuilder();
  let reads = 0;
  return {
    ledger,
    /** An event of another writer. */
    intervene: () => append(stream, [marked('somebody else’s')], context),
    read: async () => {
      reads += 1;
      return { head: headAfter(await ledger.last(stream)) };
    },
    reads: () => reads,
    written: () => log.events.map(({ data }) => (data as { notificationIds: string[] }).notificationIds[0]),
  };
}

t.test('what is decided is appended after what it was decided on', async (t) => {
  const { ledger, intervene, read, written } = setUp();
  await intervene();
  const done = await appendDecided(ledger, stream, {
    read,
    decide: ({ head }) => ({ events: [marked(`after ${head.revision}`)], context }),
  });
  t.match(done, { before: { head: { revision: 0 } }, appended: { head: { revision: 1 } } });
  t.same(written(), ['somebody else’s', 'after 0']);
});

t.test('after a conflict the decision is made again on the newer events', async (t) => {
  const { ledger, intervene, read, reads, written } = setUp();
  await appendDecided(ledger, stream, {
    read,
    async decide({ head }) {
      if (head.revision < 1) await intervene();
      return { events: [marked(`after ${head.revision}`)], context };
    },
  });
  t.same(written(), ['somebody else’s', 'somebody else’s', 'after 1']);
  t.equal(reads(), 3);
});

t.test(
  'an expected revision saves the read when it is right, and is corrected when it is wrong',
  async (t) => {
    const { ledger, read, reads, written } = setUp();
    const known = { head: headAfter(undefined) };
    for (const expectedReads of [0, 1]) {
      await appendDecided(ledger, stream, {
        known,
        read,
        decide: ({ head }) => ({ events: [marked(`after ${head.revision}`)], context }),
      });
      t.equal(reads(), expectedReads);
    }
    t.same(written(), ['after -1', 'after 0']);
  },
);

t.test('an answer writes nothing', async (t) => {
  const { ledger, read, written } = setUp();
  const said = await appendDecided(ledger, stream, { read, decide: () => ({ answer: 'nothing to do' }) });
  t.same([said, written()], [{ answer: 'nothing to do' }, []]);
});

t.test('other errors of the log are thrown, and so are too many conflicts in a row', async (t) => {
  const { read, intervene, ledger, written } = setUp();
  const away = { append: () => Promise.reject(new LogUnavailableError('gone', null)) };
  const decide = () => ({ events: [marked('mine')], context });
  await t.rejects(appendDecided(away, stream, { read, decide }), LogUnavailableError);
  const busy = async () => {
    await intervene();
    return decide();
  };
  await t.rejects(appendDecided(ledger, stream, { read, decide: busy }), /changed 20 times in a row/);
  t.notOk(written().includes('mine'));
});
