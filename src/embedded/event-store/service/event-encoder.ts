import { frame } from '../protocol/grpc-frames.js';
import { ReadResp, StreamIdentifier, UUID } from '../protocol/messages.js';
import {
  recordedEventBytes,
  recordFrameEnd,
  recordFrameStart,
  recordPosition,
  recordType,
  TOMBSTONE,
} from '../storage/record.js';
import { dataOf } from '../store/event-data.js';
import type { EventStore } from '../store/event-store.js';
import { LINK_EVENT_TYPE } from '../store/system-names.js';
import type { Page } from './page.js';

/** How a reader wants its events encoded. */
export interface EventEncoding {
  readonly resolveLinks: boolean;
  /** Ids as two numbers instead of text; clients other than the one for Node.js request this. */
  readonly structuredIds: boolean;
}

/** Adds a record's event to a page; false when the page has no room for it. */
export type AddEvent = (page: Page, buffer: Buffer, offset: number) => boolean;

const LINK_FORM = /^(\d+)@([\s\S]+)$/;

/** Makes the function that adds events to a page: as stored, unless the reader wants another encoding. */
export function createEventEncoder(store: EventStore, encoding: EventEncoding): AddEvent {
  const addStored: AddEvent = (page, buffer, offset) =>
    page.add(buffer, recordFrameStart(offset), recordFrameEnd(buffer, offset));
  const addPlain: AddEvent = encoding.structuredIds
    ? (page, buffer, offset) => page.add(frame(withStructuredIds(messageOf(buffer, offset))))
    : addStored;
  if (!encoding.resolveLinks) return addPlain;
  return (page, buffer, offset) => {
    if (recordType(buffer, offset) !== LINK_EVENT_TYPE) return addPlain(page, buffer, offset);
    const message = resolvedLink(store, buffer, offset);
    return page.add(frame(encoding.structuredIds ? withStructuredIds(message) : message.serializeBinary()));
  };
}

function messageOf(buffer: Buffer, offset: number) {
  const framed = buffer.subarray(recordFrameStart(offset) + 5, recordFrameEnd(buffer, offset));
  return ReadResp.deserializeBinary(framed);
}

/** A link with the event that it points to, or the link alone when that event is gone. */
function resolvedLink(store: EventStore, buffer: Buffer, offset: number) {
  const { RecordedEvent } = ReadResp.ReadEvent;
  const event = new ReadResp.ReadEvent();
  event.setLink(RecordedEvent.deserializeBinary(Buffer.from(recordedEventBytes(buffer, offset))));
  event.setCommitPosition(String(recordPosition(buffer, offset)));
  const target = LINK_FORM.exec(dataOf({ buffer, offset }).toString('utf8'));
  const found = target && findVisible(store, target[2] ?? '', Number(target[1]));
  if (found) event.setEvent(RecordedEvent.deserializeBinary(found));
  const message = new ReadResp();
  message.setEvent(event);
  return message;
}

function findVisible(store: EventStore, name: string, revision: number): Buffer | undefined {
  const state = store.state(name);
  if (state.last === TOMBSTONE || revision < store.streams.firstVisible(state)) return undefined;
  const entry = store.index.last(state, revision);
  if (entry?.revision !== revision || entry.position >= store.log.durableEnd) return undefined;
  const record = store.streams.recordOf(state, entry);
  return record && Buffer.from(recordedEventBytes(record.buffer, record.offset));
}

function withStructuredIds(message: InstanceType<typeof ReadResp>): Uint8Array {
  const event = message.getEvent();
  for (const recorded of [event?.getEvent(), event?.getLink()]) {
    const text = recorded?.getId()?.getString();
    if (!recorded || !text) continue;
    const hex = text.replaceAll('-', '');
    const half = (part: string) => BigInt.asIntN(64, BigInt(`0x${part}`)).toString();
    const structured = new UUID.Structured();
    structured.setMostSignificantBits(half(hex.slice(0, 16)));
    structured.setLeastSignificantBits(half(hex.slice(16)));
    const id = new UUID();
    id.setStructured(structured);
    recorded.setId(id);
  }
  return message.serializeBinary();
}

/** The messages without events. */
export const controlFrames = {
  confirmation(subscriptionId: string): Buffer {
    const confirmation = new ReadResp.SubscriptionConfirmation();
    confirmation.setSubscriptionId(subscriptionId);
    const message = new ReadResp();
    message.setConfirmation(confirmation);
    return frame(message.serializeBinary());
  },
  caughtUp(): Buffer {
    const message = new ReadResp();
    message.setCaughtUp(new ReadResp.CaughtUp());
    return frame(message.serializeBinary());
  },
  checkpoint(position: number): Buffer {
    const checkpoint = new ReadResp.Checkpoint();
    checkpoint.setCommitPosition(String(position));
    checkpoint.setPreparePosition(String(position));
    const message = new ReadResp();
    message.setCheckpoint(checkpoint);
    return frame(message.serializeBinary());
  },
  streamNotFound(name: Uint8Array): Buffer {
    const stream = new StreamIdentifier();
    stream.setStreamName(name);
    const notFound = new ReadResp.StreamNotFound();
    notFound.setStreamIdentifier(stream);
    const message = new ReadResp();
    message.setStreamNotFound(notFound);
    return frame(message.serializeBinary());
  },
};
