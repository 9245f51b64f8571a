import fc from 'fast-check';
import t from 'tap';
import { createFrameReader, frame } from '../../../../src/embedded/event-store/protocol/grpc-frames.js';
import { headerText } from '../../../../src/embedded/event-store/protocol/grpc-status.js';
import {
  varintLength,
  WireError,
  WireReader,
  writeVarint,
} from '../../../../src/embedded/event-store/protocol/wire.js';

t.test('varints come back as they went, in the length foretold', async () => {
  fc.assert(
    fc.property(fc.maxSafeNat(), (value) => {
      const buffer = Buffer.alloc(10);
      const end = writeVarint(buffer, 0, value);
      return end === varintLength(value) && new WireReader(buffer, 0, end).varint() === value;
    }),
  );
});

t.test('no bytes make the reader do anything but answer or refuse', async () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
      const reader = new WireReader(Buffer.from(bytes), 0, bytes.length);
      try {
        while (!reader.done) reader.skip(reader.varint());
        return reader.offset === bytes.length;
      } catch (error) {
        return error instanceof WireError;
      }
    }),
  );
});

t.test('messages are found however the stream is cut', async () => {
  fc.assert(
    fc.property(
      fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 8 }),
      fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 }),
      (messages, cuts) => {
        const whole = Buffer.concat(messages.map((message) => frame(message)));
        const reader = createFrameReader(100);
        const found: Buffer[] = [];
        for (let at = 0, i = 0; at < whole.length; i++) {
          const length = cuts[i % cuts.length] ?? 1;
          reader.push(whole.subarray(at, at + length), (message) => found.push(Buffer.from(message)));
          at += length;
        }
        reader.end();
        return (
          found.length === messages.length &&
          found.every((message, i) => message.equals(messages[i] ?? Buffer.alloc(0)))
        );
      },
    ),
  );
});

t.test('a message that is too large is refused before it has come', async (t) => {
  const reader = createFrameReader(100);
  const header = Buffer.from([0, 0, 0, 1, 0]);
  reader.push(header.subarray(0, 3), () => t.fail('nothing is whole'));
  t.throws(() => reader.push(header.subarray(3), () => t.fail('nothing is whole')), { code: 8 });
});

t.test('header text is printable ASCII', async (t) => {
  t.equal(headerText('a%ü\n'), 'a%25%C3%BC%0A');
});
