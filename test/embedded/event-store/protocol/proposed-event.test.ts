import fc from 'fast-check';
import t from 'tap';
import { BatchAppendReq, UUID } from '../../../../src/embedded/event-store/protocol/messages.js';
import {
  MissingPropertyError,
  readProposedEvent,
} from '../../../../src/embedded/event-store/protocol/proposed-event.js';
import { WireReader } from '../../../../src/event-store-protocol/wire.js';

const read = (bytes: Uint8Array) => readProposedEvent(new WireReader(Buffer.from(bytes), 0, bytes.length));

t.test('events are read as the generated classes write them', async () => {
  fc.assert(
    fc.property(
      fc.uuid(),
      fc.string({ unit: 'grapheme' }),
      fc.boolean(),
      fc.uint8Array(),
      fc.uint8Array(),
      fc.dictionary(fc.string({ minLength: 1 }), fc.string()),
      (id, type, isJson, data, metadata, others) => {
        const message = new BatchAppendReq.ProposedMessage();
        message.setId(new UUID().setString(id.toUpperCase()));
        const properties = message.getMetadataMap();
        for (const [key, value] of Object.entries(others)) properties.set(key, value);
        properties.set('type', type);
        properties.set('content-type', isJson ? 'application/json' : 'application/octet-stream');
        message.setData(data);
        message.setCustomMetadata(metadata);
        const event = read(message.serializeBinary());
        return (
          event.id === id &&
          event.type.toString('utf8') === type &&
          event.isJson === isJson &&
          event.data.equals(data) &&
          event.metadata.equals(metadata)
        );
      },
    ),
  );
});

/** A length-delimited field. */
const field = (tag: number, ...parts: Buffer[]): Buffer => {
  const content = Buffer.concat(parts);
  return Buffer.concat([Buffer.from([tag, content.length]), content]);
};
const entry = (...fields: Buffer[]) => field(0x12, ...fields);
const key = (text: string) => field(0x0a, Buffer.from(text));
const value = (text: string) => field(0x12, Buffer.from(text));
const ID = field(0x0a, field(0x12, Buffer.from('0b7f6c1e-6c1f-4a51-9d6a-5d3e9c3d7c11')));

t.test('properties may stand in any order and leave out what is empty', async (t) => {
  const turned = read(
    Buffer.concat([
      entry(value('application/json'), key('content-type')),
      entry(value('Turned'), key('type')),
      ID,
    ]),
  );
  t.match(turned, { isJson: true });
  t.equal(turned.type.toString(), 'Turned');
  const empty = read(Buffer.concat([ID, entry(key('type')), entry(key('content-type'))]));
  t.match(empty, { isJson: false });
  t.equal(empty.type.length, 0);
});

t.test('a property that is missing is named', async (t) => {
  const type = entry(key('type'), value('A'));
  const contentType = entry(key('content-type'), value('application/json'));
  t.throws(() => read(Buffer.concat([ID, contentType])), new MissingPropertyError('type'));
  t.throws(() => read(Buffer.concat([ID, type])), new MissingPropertyError('content-type'));
  t.throws(() => read(Buffer.concat([type, contentType])), { message: 'an event has no id' });
});
