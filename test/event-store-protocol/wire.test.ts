import fc from 'fast-check';
import t from 'tap';
import { varintLength, WireError, WireReader, writeVarint } from '../../src/event-store-protocol/wire.js';

t.test('varints are read as they were written, and have the calculated length', async () => {
  fc.assert(
    fc.property(fc.maxSafeNat(), (value) => {
      const buffer = Buffer.alloc(10);
      const end = writeVarint(buffer, 0, value);
      return end === varintLength(value) && new WireReader(buffer, 0, end).varint() === value;
    }),
  );
});

t.test('for any bytes the reader returns fields or throws its own error', async () => {
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
