import fc from 'fast-check';
import t from 'tap';
import { createFrameReader, frame } from '../../../../src/embedded/event-store/protocol/grpc-frames.js';

t.test('messages are found wherever the stream is split', async () => {
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

t.test('a message that is too large is refused before it has arrived', async (t) => {
  const reader = createFrameReader(100);
  const header = Buffer.from([0, 0, 0, 1, 0]);
  reader.push(header.subarray(0, 3), () => t.fail('nothing is whole'));
  t.throws(() => reader.push(header.subarray(3), () => t.fail('nothing is whole')), { code: 8 });
});
