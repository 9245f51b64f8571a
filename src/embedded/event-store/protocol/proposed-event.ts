import { readUuid } from '../../../event-store-protocol/uuid.js';
import { WireError, type WireReader } from '../../../event-store-protocol/wire.js';
import type { EventToRecord } from '../storage/record.js';

/** Field numbers of `ProposedMessage`, an event as a client proposes it; Append and BatchAppend share them. */
const ID = 0x0a;
const METADATA_ENTRY = 0x12;
const CUSTOM_METADATA = 0x1a;
const DATA = 0x22;
const KEY = 0x0a;
const VALUE = 0x12;

const TYPE = Buffer.from('type');
const CONTENT_TYPE = Buffer.from('content-type');
const JSON_CONTENT = Buffer.from('application/json');
const NOTHING: Buffer = Buffer.alloc(0);

/** The event lacks a property that every event must have. */
export class MissingPropertyError extends Error {
  override readonly name = 'MissingPropertyError';
  constructor(readonly property: 'type' | 'content-type') {
    super(`Required Metadata Property '${property}' is missing`);
  }
}

/** Reads a `ProposedMessage`. Its parts are views. Errors: WireError, MissingPropertyError. */
export function readProposedEvent(reader: WireReader): EventToRecord {
  let id: string | undefined;
  let type: Buffer | undefined;
  let isJson: boolean | undefined;
  let metadata = NOTHING;
  let data = NOTHING;
  while (!reader.done) {
    const tag = reader.varint();
    if (tag === DATA) data = reader.bytes();
    else if (tag === CUSTOM_METADATA) metadata = reader.bytes();
    else if (tag === ID) id = readUuid(reader.message());
    else if (tag === METADATA_ENTRY) {
      const entry = reader.message();
      const key = readEntryKey(entry);
      if (key === TYPE) type = entry.done ? NOTHING : entry.bytes();
      else if (key === CONTENT_TYPE) isJson = !entry.done && entry.holds(JSON_CONTENT);
    } else reader.skip(tag);
  }
  if (type === undefined) throw new MissingPropertyError('type');
  if (isJson === undefined) throw new MissingPropertyError('content-type');
  if (id === undefined) throw new WireError('an event has no id');
  return { id, type, isJson, data, metadata };
}

/**
 * The key of an entry if the store uses it. Afterwards the reader is at the entry's value, or at its end without a
 * value.
 */
function readEntryKey(reader: WireReader): Buffer | undefined {
  let key: Buffer | undefined;
  let valueAt = reader.end;
  while (!reader.done) {
    const tag = reader.varint();
    const at = reader.offset;
    if (tag === KEY) {
      if (reader.holds(TYPE)) key = TYPE;
      else {
        reader.offset = at;
        key = reader.holds(CONTENT_TYPE) ? CONTENT_TYPE : undefined;
      }
    } else {
      if (tag === VALUE) valueAt = at;
      reader.skip(tag);
    }
  }
  reader.offset = valueAt;
  return key;
}

/** Bytes that count against the append's limit. As in EventStoreDB, a character of the type counts as two. */
export function appendBytesOf({ type, data, metadata }: EventToRecord): number {
  return 2 * type.length + data.length + metadata.length;
}
