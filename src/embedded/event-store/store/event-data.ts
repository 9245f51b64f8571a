import { WireReader } from '../../../event-store-protocol/wire.js';
import { type RecordView, recordedEventBytes } from '../storage/record.js';

const DATA_FIELD = 8;
const NOTHING = Buffer.alloc(0);

/** A copy of a recorded event's data. */
export function dataOf({ buffer, offset }: RecordView): Buffer {
  const bytes = recordedEventBytes(buffer, offset);
  const reader = new WireReader(bytes, 0, bytes.length);
  while (!reader.done) {
    const tag = reader.varint();
    if (tag === DATA_FIELD * 8 + 2) return Buffer.from(reader.bytes());
    reader.skip(tag);
  }
  return NOTHING;
}
