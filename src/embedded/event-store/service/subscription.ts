import { randomUUID } from 'node:crypto';
import type { GrpcCall } from '../protocol/grpc-call.js';
import { streamDeleted } from '../protocol/grpc-status.js';
import { readForwards } from '../storage/log-reader.js';
import { TOMBSTONE } from '../storage/record.js';
import type { Sleep } from '../store/live-tail.js';
import { NO_EVENTS } from '../store/stream-state.js';
import { createForwardCursor } from './all-cursor.js';
import { controlFrames, createEventEncoder } from './event-encoder.js';
import type { ReadRequest } from './read-request.js';
import type { ServiceContext } from './service-context.js';
import { createStreamCursor, oldestVisibleMs } from './stream-cursor.js';

/**
 * Serves a subscription to all streams. A subscription is a position in the log: it reads at the pace of its
 * connection, page by page, and sleeps at the end until a matching event comes.
 */
export async function serveAllSubscription(
  call: GrpcCall,
  request: ReadRequest,
  context: ServiceContext,
): Promise<void> {
  const { store, counters } = context;
  const { log } = store;
  const { from, filter } = request;
  const after = typeof from === 'number' ? from : undefined;
  // One read checks the position, so that a wrong one is refused before the subscription is confirmed.
  if (after !== undefined && after !== 0) await readForwards(log, after);
  const start = from === 'start' ? 0 : from === 'end' ? log.durableEnd : Math.min(from, log.durableEnd);
  const cursor = createForwardCursor({
    log,
    add: createEventEncoder(store, request.encoding),
    filter,
    maxCount: Number.POSITIVE_INFINITY,
    from: start,
    ...(after === undefined ? {} : { after }),
  });
  count(call, counters);
  await call.write(controlFrames.confirmation(randomUUID()));
  let caughtUp = false;
  while (!call.closed()) {
    const page = await cursor.next();
    if (page) {
      await call.send(page);
      continue;
    }
    if (!caughtUp) {
      caughtUp = true;
      const checkpoint = filter.checkpointInterval === undefined ? undefined : cursor.checkpoint();
      await call.write(Buffer.concat([checkpoint ?? Buffer.alloc(0), controlFrames.caughtUp()]));
      // Events may have come while the page was sent; they are read before the subscription sleeps.
      continue;
    }
    // Events that became durable since the last read would be missed if the subscription slept now.
    if (cursor.hasMore()) continue;
    const awakening = await sleepUntil(call, store.live.untilMatch(filter));
    const due = awakening && cursor.skipTo(awakening);
    if (due) await call.write(due);
  }
}

/** Sends the events of a stream that exist and those that come, until the call ends. */
export async function serveStreamSubscription(
  call: GrpcCall,
  request: ReadRequest,
  nameBytes: Uint8Array,
  { store, clock, counters }: ServiceContext,
): Promise<void> {
  const name = Buffer.from(nameBytes).toString('utf8');
  const state = store.state(name);
  const stream = { name, hash: state.hash };
  const last = store.streams.durableLast(state);
  if (last === TOMBSTONE) throw streamDeleted(name);
  const metadata = store.streams.metadata(state);
  const first = store.streams.firstVisible(state);
  const { from } = request;
  const wanted = from === 'start' ? 0 : from === 'end' ? last + 1 : from + 1;
  const hidden = last === NO_EVENTS ? 0 : metadata.softDeleted ? last + 1 : Math.min(first, last + 1);
  const cursor = createStreamCursor({
    store,
    stream,
    add: createEventEncoder(store, request.encoding),
    from: Math.max(wanted, hidden),
    to: undefined,
    backwards: false,
    maxCount: Number.POSITIVE_INFINITY,
    createdFromMs: oldestVisibleMs(metadata.maxAgeMs, clock),
  });
  count(call, counters);
  await call.write(controlFrames.confirmation(randomUUID()));
  let caughtUp = false;
  while (!call.closed()) {
    const page = cursor.next();
    if (page) {
      await call.send(page);
      if (cursor.ended) throw streamDeleted(name);
      continue;
    }
    if (!caughtUp) {
      caughtUp = true;
      cursor.goLive();
      await call.write(controlFrames.caughtUp());
      continue;
    }
    await sleepUntil(call, store.live.untilStreamGrows(name));
  }
}

function count(call: GrpcCall, counters: ServiceContext['counters']): void {
  counters.subscriptions += 1;
  call.onClose(() => {
    counters.subscriptions -= 1;
  });
}

/** Waits; resolves with undefined when the call ends. */
function sleepUntil<T>(call: GrpcCall, sleep: Sleep<T>): Promise<T | undefined> {
  return new Promise((resolve) => {
    const ended = () => {
      sleep.cancel();
      resolve(undefined);
    };
    call.onClose(ended);
    sleep.until.then(
      (value) => {
        call.offClose(ended);
        resolve(value);
      },
      () => ended(),
    );
  });
}
