import { type GrpcCall, toCallError } from '../protocol/grpc-call.js';
import { CallError, GrpcCode, streamDeleted, unexpectedReadResult } from '../protocol/grpc-status.js';
import { TOMBSTONE } from '../storage/record.js';
import { DamagedLogError, InvalidPositionError } from '../storage/storage-errors.js';
import { NO_EVENTS } from '../store/stream-state.js';
import { type AllCursor, createBackwardCursor, createForwardCursor } from './all-cursor.js';
import { controlFrames, createEventEncoder } from './event-encoder.js';
import { parseReadRequest, type ReadRequest } from './read-request.js';
import type { ServiceContext } from './service-context.js';
import { createStreamCursor, oldestVisibleMs, type StreamCursor } from './stream-cursor.js';
import { serveAllSubscription, serveStreamSubscription } from './subscription.js';

/** Handles `Streams.Read`: reads of one stream or of all streams, and subscriptions. */
export async function handleRead(call: GrpcCall, message: Buffer, context: ServiceContext): Promise<void> {
  try {
    const request = parseReadRequest(message, context.limits);
    if (request.subscribe) {
      if (request.stream) await serveStreamSubscription(call, request, request.stream, context);
      else await serveAllSubscription(call, request, context);
    } else if (request.stream) await readStream(call, request, request.stream, context);
    else await readAll(call, request, context);
  } catch (error) {
    call.fail(readError(error, context));
  }
}

/** Converts errors of reading to statuses, and logs damage on disk. */
function readError(error: unknown, { logger }: ServiceContext): CallError {
  if (error instanceof InvalidPositionError) return unexpectedReadResult('ReadAllResult');
  if (error instanceof DamagedLogError) {
    logger.error({ reason: error.message }, 'damaged data was met while reading');
    return new CallError(GrpcCode.DATA_LOSS, error.message);
  }
  if (!(error instanceof CallError)) {
    logger.error(
      { reason: error instanceof Error ? error.stack : String(error) },
      'a read failed unexpectedly',
    );
  }
  return toCallError(error);
}

async function readStream(
  call: GrpcCall,
  request: ReadRequest,
  nameBytes: Uint8Array,
  { store, clock }: ServiceContext,
): Promise<void> {
  const { backwards, from, maxCount } = request;
  if (maxCount === 0 || (from === 'end' && !backwards)) throw unexpectedReadResult('ReadStreamResult');
  const name = Buffer.from(nameBytes).toString('utf8');
  const state = store.state(name);
  const last = store.streams.durableLast(state);
  if (last === TOMBSTONE) throw streamDeleted(name);
  const metadata = store.streams.metadata(state);
  if (last === NO_EVENTS || metadata.softDeleted) return call.finish(controlFrames.streamNotFound(nameBytes));
  const first = store.streams.firstVisible(state);
  const wanted = from === 'start' ? 0 : from === 'end' ? last : from;
  const cursor = createStreamCursor({
    store,
    stream: { name, hash: state.hash },
    add: createEventEncoder(store, request.encoding),
    from: backwards ? Math.min(wanted, last) : Math.max(wanted, first),
    to: backwards ? first : last,
    backwards,
    maxCount,
    createdFromMs: oldestVisibleMs(metadata.maxAgeMs, clock),
  });
  await sendPages(call, cursor);
}

async function readAll(call: GrpcCall, request: ReadRequest, { store }: ServiceContext): Promise<void> {
  const { log } = store;
  const { backwards, filter, maxCount } = request;
  if (maxCount === 0) throw unexpectedReadResult('ReadAllResult');
  const place = request.from;
  if (backwards && typeof place === 'number' && place > log.durableEnd) {
    throw unexpectedReadResult('ReadAllResult');
  }
  const from = place === 'start' ? 0 : place === 'end' ? log.durableEnd : place;
  const options = { log, add: createEventEncoder(store, request.encoding), filter, maxCount, from };
  const cursor = backwards ? createBackwardCursor(options) : createForwardCursor(options);
  await sendPages(call, cursor);
}

/** Sends all pages. The last one is sent together with the end of the call. */
async function sendPages(call: GrpcCall, cursor: StreamCursor | AllCursor): Promise<void> {
  let page = await cursor.next();
  while (page && !call.closed()) {
    const following = await cursor.next();
    if (!following) break;
    await call.send(page);
    page = following;
  }
  call.finish(page);
}
