import streamsPb from '@eventstore/db-client/generated/streams_pb.js';
import t from 'tap';
import { readAppendOptions } from '../../../src/embedded/event-store/protocol/append-options.js';
import { WireReader } from '../../../src/event-store-protocol/wire.js';
import { EMPTY_STREAM } from '../../../src/ledger/event-log.js';
import { encodeAppendRequest } from '../../../src/ledger/event-store/append-request.js';

const UUIDS = ['11111111-1111-4111-8111-111111111111', '22222222-2222-4222-8222-222222222222'] as const;
const data = { text: 'ünï ☃', list: [1, null, { deep: true }], long: 'x'.repeat(300) };
const request = {
  correlationId: UUIDS[0],
  stream: 'operation-ü',
  expected: 300,
  timeoutMs: 2_500,
  events: [
    { id: UUIDS[1], type: 'RunQueued', data, metadata: { at: 'now', $correlationId: 'c' } },
    { id: UUIDS[0], type: 'Empty', data: {}, metadata: {} },
  ],
};

t.test('a request is what the client’s own classes read', async (t) => {
  const message = streamsPb.BatchAppendReq.deserializeBinary(encodeAppendRequest(request));
  t.equal(message.getCorrelationId()?.getString(), UUIDS[0]);
  t.equal(message.getIsFinal(), true);
  const options = message.getOptions();
  t.equal(Buffer.from(options?.getStreamIdentifier()?.getStreamName_asU8() ?? []).toString(), request.stream);
  t.equal(options?.getStreamPosition(), '300');
  const events = message.getProposedMessagesList().map((event) => ({
    id: event.getId()?.getString(),
    type: event.getMetadataMap().get('type'),
    contentType: event.getMetadataMap().get('content-type'),
    data: JSON.parse(Buffer.from(event.getData_asU8()).toString()),
    metadata: JSON.parse(Buffer.from(event.getCustomMetadata_asU8()).toString()),
  }));
  t.strictSame(
    events,
    request.events.map((event) => ({ ...event, contentType: 'application/json' })),
  );
});

t.test('no stream is an expectation of its own', async (t) => {
  const encoded = encodeAppendRequest({ ...request, expected: EMPTY_STREAM });
  const options = streamsPb.BatchAppendReq.deserializeBinary(encoded).getOptions();
  t.equal(options?.hasNoStream(), true);
});

t.test('the time that an append has is a duration, which no difference of clocks can break', async (t) => {
  const encoded = encodeAppendRequest(request);
  t.equal(streamsPb.BatchAppendReq.deserializeBinary(encoded).getOptions()?.hasDeadline(), false);
  const reader = new WireReader(encoded, 0, encoded.length);
  for (let tag = reader.varint(); tag !== 0x12; tag = reader.varint()) reader.skip(tag);
  t.match(readAppendOptions(reader.message()), { timeoutMs: 2_500, deadlineMs: undefined });
});

t.test('ids that are no UUIDs are refused before anything is sent', async (t) => {
  t.throws(
    () => encodeAppendRequest({ ...request, events: [{ id: 'x', type: 'T', data: {}, metadata: {} }] }),
    TypeError,
  );
});
