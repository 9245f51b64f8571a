import sharedPb from '@eventstore/db-client/generated/shared_pb.js';
import streamsPb from '@eventstore/db-client/generated/streams_pb.js';
import t from 'tap';
import { decodeReadAnswer } from '../../../src/ledger/event-store/read-answer.js';

const { ReadResp } = streamsPb;
const ID = '0f9b1c2d-3e4f-4a5b-8c6d-7e8f90a1b2c3';

const textUuid = () => {
  const uuid = new sharedPb.UUID();
  uuid.setString(ID.toUpperCase());
  return uuid;
};

function structuredUuid() {
  const bits = BigInt(`0x${ID.replaceAll('-', '')}`);
  const structured = new sharedPb.UUID.Structured();
  structured.setMostSignificantBits(String(BigInt.asIntN(64, bits >> 64n)));
  structured.setLeastSignificantBits(String(BigInt.asIntN(64, bits)));
  const uuid = new sharedPb.UUID();
  uuid.setStructured(structured);
  return uuid;
}

function answerWith(given: {
  data: string;
  metadata: string;
  contentType: string;
  uuid?: InstanceType<typeof sharedPb.UUID>;
}) {
  const recorded = new ReadResp.ReadEvent.RecordedEvent();
  recorded.setId(given.uuid ?? textUuid());
  const stream = new sharedPb.StreamIdentifier();
  stream.setStreamName(Buffer.from('operation-ü.1').toString('base64'));
  recorded.setStreamIdentifier(stream);
  recorded.setStreamRevision('7');
  recorded.setPreparePosition('9000000001');
  recorded.setCommitPosition('9000000002');
  recorded
    .getMetadataMap()
    .set('created', '17000000000007')
    .set('type', 'RunQueued')
    .set('content-type', given.contentType);
  recorded.setCustomMetadata(Buffer.from(given.metadata).toString('base64'));
  recorded.setData(Buffer.from(given.data).toString('base64'));
  const event = new ReadResp.ReadEvent();
  event.setEvent(recorded);
  event.setCommitPosition('9000000002');
  const answer = new ReadResp();
  answer.setEvent(event);
  return Buffer.from(answer.serializeBinary());
}

const JSON_TYPE = 'application/json';

t.test('an event comes out as the store holds it', async (t) => {
  const data = '{"a":[1,"ü"]}';
  const metadata = '{"tenantId":"t"}';
  for (const uuid of [textUuid(), structuredUuid()])
    t.same(decodeReadAnswer(answerWith({ data, metadata, contentType: JSON_TYPE, uuid })), {
      kind: 'event',
      event: {
        stream: 'operation-ü.1',
        revision: 7,
        position: 9_000_000_002,
        id: ID,
        type: 'RunQueued',
        data: { a: [1, 'ü'] },
        metadata: { tenantId: 't' },
        recordedAt: 1_700_000_000,
        bytes: Buffer.byteLength(data) + Buffer.byteLength(metadata),
      },
    });
});

t.test('what is no JSON is returned as it is; decoding the event reports it', async (t) => {
  const bytes = decodeReadAnswer(
    answerWith({ data: '{"a":1}', metadata: '', contentType: 'application/octet-stream' }),
  );
  t.match(bytes, { event: { data: Buffer.from('{"a":1}'), metadata: undefined } });
  const broken = decodeReadAnswer(answerWith({ data: '{"a":', metadata: 'x{', contentType: JSON_TYPE }));
  t.match(broken, { event: { data: '{"a":', metadata: Buffer.from('x{') } });
});

t.test('positions, catching up, and what says nothing about events', async (t) => {
  const checkpoint = new ReadResp();
  const at = new ReadResp.Checkpoint();
  at.setCommitPosition('9000000003');
  at.setPreparePosition('9000000003');
  checkpoint.setCheckpoint(at);
  t.same(decodeReadAnswer(Buffer.from(checkpoint.serializeBinary())), {
    kind: 'checkpoint',
    position: 9_000_000_003,
  });
  const caughtUp = new ReadResp();
  caughtUp.setCaughtUp(new ReadResp.CaughtUp());
  t.same(decodeReadAnswer(Buffer.from(caughtUp.serializeBinary())), { kind: 'caught-up' });
  const confirmation = new ReadResp();
  confirmation.setConfirmation(new ReadResp.SubscriptionConfirmation());
  t.equal(decodeReadAnswer(Buffer.from(confirmation.serializeBinary())), undefined);
});

t.test('an incomplete message is refused', async (t) => {
  const whole = answerWith({ data: '{}', metadata: '{}', contentType: JSON_TYPE });
  t.throws(() => decodeReadAnswer(whole.subarray(0, whole.length - 3)), { name: 'WireError' });
});
