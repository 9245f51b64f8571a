import sharedPb from '@eventstore/db-client/generated/shared_pb.js';
import { WireError, type WireReader } from './wire.js';

const STRUCTURED = 0x0a;
const STRING = 0x12;
const UUID_FORM = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** Reads a UUID in either form of the protocol as lower-case text. Errors: WireError. */
export function readUuid(reader: WireReader): string {
  const start = reader.offset;
  let id: string | undefined;
  while (!reader.done) {
    const tag = reader.varint();
    if (tag === STRING) id = reader.latin1().toLowerCase();
    else if (tag === STRUCTURED) {
      id = structuredUuid(reader.buffer.subarray(start, reader.end));
      reader.skip(tag);
    } else reader.skip(tag);
  }
  if (id === undefined || !UUID_FORM.test(id)) throw new WireError('an id is no UUID');
  return id;
}

function structuredUuid(bytes: Buffer): string | undefined {
  const structured = sharedPb.UUID.deserializeBinary(bytes).getStructured();
  if (!structured) return undefined;
  const half = (bits: string) => BigInt.asUintN(64, BigInt(bits)).toString(16).padStart(16, '0');
  const hex = half(structured.getMostSignificantBits()) + half(structured.getLeastSignificantBits());
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
