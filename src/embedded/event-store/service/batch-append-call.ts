import { WireReader } from '../../../event-store-protocol/wire.js';
import { batchError, batchStatus, batchSuccess } from '../protocol/append-answers.js';
import { type AppendRequestOptions, readAppendOptions } from '../protocol/append-options.js';
import type { GrpcCall } from '../protocol/grpc-call.js';
import { toCallError } from '../protocol/grpc-call.js';
import { createFrameReader } from '../protocol/grpc-frames.js';
import { unexpectedRequest } from '../protocol/grpc-status.js';
import { appendBytesOf, readProposedEvent } from '../protocol/proposed-event.js';
import type { EventToRecord } from '../storage/record.js';
import type { AppendOutcome } from '../store/append-outcome.js';
import { TOO_MUCH_UNFINISHED } from './append-call.js';
import { checkEvent, checkStreamName } from './append-limits.js';
import type { ServiceContext } from './service-context.js';

const CORRELATION_ID = 0x0a;
const OPTIONS = 0x12;
const PROPOSED_MESSAGE = 0x1a;
const IS_FINAL = 0x20;
/** Bytes of answers that the client hasn't read; with more, nothing is read from it. */
const UNSENT_BYTES_MAX = 1024 * 1024;

/** An append whose last message hasn't arrived yet. */
interface Unfinished {
  readonly options: AppendRequestOptions;
  readonly events: EventToRecord[];
  bytes: number;
  /** How long the client waits for the answer, counted from the first message. */
  readonly timeoutMs: number | undefined;
  timer: NodeJS.Timeout | undefined;
}

type StatusMessage = ReturnType<typeof batchStatus.timeout>;

/**
 * Handles `Streams.BatchAppend`: any number of appends over one call, which are distinguished by their correlation
 * ids and answered when they are on disk. An error of one append is answered for that append alone.
 */
export function handleBatchAppend(call: GrpcCall, context: ServiceContext): void {
  const { store, limits, clock, counters } = context;
  const frames = createFrameReader(limits.messageBytesMax);
  const unfinished = new Map<string, Unfinished>();
  let answers: Buffer[] = [];
  let sending = false;
  let inputEnded = false;
  let open = 0;
  let unfinishedBytes = 0;

  function answer(frame: Buffer): void {
    answers.push(frame);
    if (sending) return;
    sending = true;
    // One write for all appends that one turn of the log acknowledges.
    queueMicrotask(send);
  }

  function send(): void {
    sending = false;
    const frames = Buffer.concat(answers);
    answers = [];
    const drained = call.write(frames);
    if (drained && call.stream.writableLength > UNSENT_BYTES_MAX) {
      call.stream.pause();
      drained.then(resumeReading);
    }
    if (inputEnded && open === 0) call.finish();
  }

  function resumeReading(): void {
    if (store.pendingBytes() < limits.pendingBytesMax) call.stream.resume();
  }

  function take(message: Buffer): void {
    let correlationId: Buffer | undefined;
    let optionsReader: WireReader | undefined;
    const proposed: WireReader[] = [];
    let isFinal = false;
    const reader = new WireReader(message, 0, message.length);
    while (!reader.done) {
      const tag = reader.varint();
      if (tag === PROPOSED_MESSAGE) proposed.push(reader.message());
      else if (tag === CORRELATION_ID) correlationId = reader.bytes();
      else if (tag === OPTIONS) optionsReader = reader.message();
      else if (tag === IS_FINAL) isFinal = reader.varint() !== 0;
      else reader.skip(tag);
    }
    if (correlationId === undefined) throw unexpectedRequest();
    takeAppend(correlationId, optionsReader, proposed, isFinal);
  }

  function takeAppend(
    correlationId: Buffer,
    optionsReader: WireReader | undefined,
    proposed: readonly WireReader[],
    isFinal: boolean,
  ): void {
    const key = correlationId.toString('latin1');
    let append = unfinished.get(key);
    const refuse = (status: StatusMessage, streamName = append?.options.streamName ?? Buffer.alloc(0)) => {
      if (append) forget(key, append);
      answer(batchError(correlationId, streamName, status));
    };
    try {
      if (optionsReader && !append) {
        append = begin(optionsReader);
        checkStreamName(append.options.streamName, limits);
        if (append.timeoutMs !== undefined && append.timeoutMs <= 0) {
          refuse(batchStatus.timeout());
          return;
        }
      }
      // The append was already answered; its further messages are ignored.
      if (!append) return;
      for (const event of proposed) addEvent(append, readProposedEvent(event));
    } catch (error) {
      refuse(statusOf(error));
      return;
    }
    const refusal = refusalOf(append, isFinal);
    if (refusal) refuse(refusal);
    else if (isFinal) {
      forget(key, append);
      commit(correlationId, append);
    } else keep(key, append, refuse);
  }

  function begin(optionsReader: WireReader): Unfinished {
    const options = readAppendOptions(optionsReader);
    const { deadlineMs } = options;
    const timeoutMs = options.timeoutMs ?? (deadlineMs === undefined ? undefined : deadlineMs - clock.now());
    return { options, events: [], bytes: 0, timeoutMs, timer: undefined };
  }

  /** The status that refuses an append because of the part that was received; undefined when that part is accepted. */
  function refusalOf({ bytes, events }: Unfinished, isFinal: boolean): StatusMessage | undefined {
    if (bytes > limits.appendBytesMax) return batchStatus.maximumAppendSizeExceeded(limits.appendBytesMax);
    if (events.length > limits.eventsPerAppendMax)
      return batchStatus.badRequest('The append has too many events.');
    if (!isFinal && counters.unfinishedBytes > limits.unfinishedBytesMax)
      return batchStatus.refused(TOO_MUCH_UNFINISHED);
    return undefined;
  }

  function forget(key: string, append: Unfinished): void {
    clearTimeout(append.timer);
    unfinished.delete(key);
    unfinishedBytes -= append.bytes;
    counters.unfinishedBytes -= append.bytes;
  }

  function addEvent(append: Unfinished, event: EventToRecord): void {
    checkEvent(event, limits);
    const bytes = appendBytesOf(event);
    append.bytes += bytes;
    unfinishedBytes += bytes;
    counters.unfinishedBytes += bytes;
    append.events.push(event);
  }

  function keep(key: string, append: Unfinished, refuse: (status: StatusMessage) => void): void {
    if (unfinished.has(key)) return;
    if (unfinished.size >= limits.unfinishedAppendsPerCallMax) {
      refuse(batchStatus.refused('Too many appends are unfinished.'));
      return;
    }
    unfinished.set(key, append);
    const waitMs = Math.min(append.timeoutMs ?? UNFINISHED_WAIT_MS, UNFINISHED_WAIT_MS);
    append.timer = setTimeout(() => refuse(batchStatus.timeout()), waitMs);
    append.timer.unref();
  }

  function commit(correlationId: Buffer, { options, events }: Unfinished): void {
    const { streamName, expected } = options;
    open += 1;
    store.append(streamName.toString('utf8'), expected, events, (outcome) => {
      open -= 1;
      if (outcome.kind === 'appended') {
        counters.appends += 1;
        answer(batchSuccess(correlationId, streamName, outcome.revision, outcome.position));
      } else answer(batchError(correlationId, streamName, outcomeStatus(outcome, expected, streamName)));
      if (call.stream.isPaused()) resumeReading();
    });
    if (store.pendingBytes() > limits.pendingBytesMax) call.stream.pause();
  }

  call.stream.on('data', (chunk: Buffer) => {
    if (call.closed()) return;
    try {
      frames.push(chunk, take);
    } catch (error) {
      call.fail(toCallError(error));
    }
  });
  call.stream.on('end', () => {
    inputEnded = true;
    if (open === 0 && !sending) call.finish();
  });
  call.onClose(() => {
    for (const { timer } of unfinished.values()) clearTimeout(timer);
    unfinished.clear();
    counters.unfinishedBytes -= unfinishedBytes;
  });
}

/** How long the last message of an append may take, unless its deadline is earlier. */
const UNFINISHED_WAIT_MS = 10_000;

function statusOf(error: unknown): StatusMessage {
  if (error instanceof Error) return batchStatus.badRequest(error.message);
  throw error;
}

function outcomeStatus(
  outcome: Exclude<AppendOutcome, { kind: 'appended' }>,
  expected: number,
  streamName: Buffer,
): StatusMessage {
  switch (outcome.kind) {
    case 'wrong-expected-revision':
      return batchStatus.wrongExpectedVersion(expected, outcome.last);
    case 'stream-deleted':
      return batchStatus.streamDeleted(streamName);
    case 'refused':
      return batchStatus.refused(outcome.reason);
    case 'uncertain':
      return batchStatus.uncertain(outcome.reason);
  }
}
