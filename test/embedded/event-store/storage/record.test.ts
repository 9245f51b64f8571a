import fc from 'fast-check';
import t from 'tap';
import { ReadResp } from '../../../../src/embedded/event-store/protocol/messages.js';
import { crc32, crc32ByTable } from '../../../../src/embedded/event-store/storage/checksum.js';
import {
  checkRecord,
  encodeRecord,
  recordFrameEnd,
  recordFrameStart,
  recordId,
  recordStreamName,
  recordType,
  shapeOfRecord,
  TOMBSTONE,
} from '../../../../src/embedded/event-store/storage/record.js';
import { streamHash } from '../../../../src/embedded/event-store/stream-index/index-key.js';

const anyRecord = fc.record({
  id: fc.uuid(),
  type: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 300 }),
  isJson: fc.boolean(),
  data: fc.uint8Array({ maxLength: 400 }),
  metadata: fc.uint8Array({ maxLength: 200 }),
  stream: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 300 }),
  position: fc.maxSafeNat(),
  revision: fc.oneof(fc.nat(), fc.constant(TOMBSTONE)),
  createdMs: fc.integer({ min: 1e12, max: 2e12 }),
});

type AnyRecord = typeof anyRecord extends fc.Arbitrary<infer T> ? T : never;

function encode(given: AnyRecord): Buffer {
  const streamName = Buffer.from(given.stream);
  const event = {
    id: given.id,
    type: Buffer.from(given.type),
    isJson: given.isJson,
    data: Buffer.from(given.data),
    metadata: Buffer.from(given.metadata),
  };
  const place = {
    position: given.position,
    durableEnd: 0,
    createdMs: given.createdMs,
    revision: given.revision,
    remaining: 0,
    streamName,
    streamHash: streamHash(streamName),
  };
  const shape = shapeOfRecord(event, place);
  const buffer = Buffer.alloc(shape.length, 0xee);
  encodeRecord(buffer, 0, event, place, shape);
  return buffer;
}

t.test('stored records are read by the generated classes', async (t) => {
  fc.assert(
    fc.property(anyRecord, (given) => {
      const buffer = encode(given);
      t.equal(checkRecord(buffer, 0, buffer.length, given.position), 'whole');
      const framed = buffer.subarray(recordFrameStart(0), recordFrameEnd(buffer, 0));
      t.equal(framed.readUInt32BE(1), framed.length - 5);
      const event = ReadResp.deserializeBinary(framed.subarray(5)).getEvent();
      const recorded = event?.getEvent();
      t.equal(event?.getCommitPosition(), String(given.position));
      t.equal(recorded?.getCommitPosition(), String(given.position));
      t.equal(recorded?.getPreparePosition(), String(given.position));
      t.equal(recorded?.getId()?.getString(), given.id);
      const revision = given.revision === TOMBSTONE ? '9223372036854775807' : String(given.revision);
      t.equal(recorded?.getStreamRevision(), revision);
      t.equal(recorded?.getMetadataMap().get('type'), Buffer.from(given.type).toString());
      t.equal(recorded?.getMetadataMap().get('created'), `${given.createdMs}0000`);
      const content = given.isJson ? 'application/json' : 'application/octet-stream';
      t.equal(recorded?.getMetadataMap().get('content-type'), content);
      t.same(Buffer.from(recorded?.getData_asU8() ?? []), Buffer.from(given.data));
      t.same(Buffer.from(recorded?.getCustomMetadata_asU8() ?? []), Buffer.from(given.metadata));
      t.equal(recordId(buffer, 0), given.id);
      t.equal(recordStreamName(buffer, 0), Buffer.from(given.stream).toString());
      t.equal(recordType(buffer, 0), Buffer.from(given.type).toString());
    }),
    { numRuns: 60 },
  );
});

t.test('any flipped bit is detected', async () => {
  fc.assert(
    fc.property(anyRecord, fc.nat(), fc.integer({ min: 0, max: 7 }), (given, where, bit) => {
      const buffer = encode(given);
      const at = where % buffer.length;
      buffer[at] = (buffer[at] ?? 0) ^ (1 << bit);
      return checkRecord(buffer, 0, buffer.length, given.position) !== 'whole';
    }),
  );
});

t.test('the checksum is the same with and without the runtime', async () => {
  fc.assert(
    fc.property(
      fc.uint8Array(),
      fc.uint8Array(),
      (a, b) => crc32(b, crc32(a)) === crc32ByTable(b, crc32ByTable(a)),
    ),
  );
});
