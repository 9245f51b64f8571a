import { randomUUID } from 'node:crypto';
import emptyPb from 'google-protobuf/google/protobuf/empty_pb.js';
import timestampPb from 'google-protobuf/google/protobuf/timestamp_pb.js';
import { systemClock } from '../../../clock.js';
import { BatchAppendReq, Empty, StreamIdentifier, TombstoneReq, UUID } from '../protocol/messages.js';
import type { CopiedEvent } from './copy-source.js';
import type { RawClient } from './raw-client.js';

export interface TargetAppend {
  readonly stream: string;
  /** The revision of the first event. */
  readonly first: number;
  readonly events: readonly CopiedEvent[];
}

/** Writes appends in order, with many in flight at once. */
export interface CopyTarget {
  /** Resolves when the next append may be added. Errors: CopyConflictError, those of the connection. */
  append(append: TargetAppend): Promise<void>;
  /** Resolves when every append was answered. */
  settled(): Promise<void>;
  tombstone(stream: string): Promise<void>;
  close(): void;
}

/** The target has another event at a revision. */
export class CopyConflictError extends Error {
  override readonly name = 'CopyConflictError';
  constructor(
    readonly conflicting: TargetAppend,
    reason: string,
  ) {
    super(
      `the target refused ${conflicting.stream} from revision ${conflicting.first} on: ${reason}. Copy into an empty store, or one that a copy of the same store was begun in`,
    );
  }
}

const UNDER_WAY_MAX = 256;
const ANSWER_WAIT_MS = 600_000;

/**
 * Connects to the target. `resolveConflict` decides whether existing events of the target may stay; `reason` is the
 * target's error.
 */
export function openCopyTarget(
  target: RawClient,
  resolveConflict: (append: TargetAppend, reason: string) => Promise<boolean>,
): CopyTarget {
  const call = target.streams.batchAppend(target.metadata);
  const underWay = new Map<string, TargetAppend>();
  const checks = new Set<Promise<void>>();
  let failure: Error | undefined;
  let moved: () => void = () => undefined;

  function fail(error: Error): void {
    failure ??= error;
    moved();
  }

  call.on('data', (answer) => {
    const id = answer.getCorrelationId()?.getString() ?? '';
    const append = underWay.get(id);
    if (!append) return;
    if (answer.hasSuccess()) {
      underWay.delete(id);
      moved();
      return;
    }
    const reason = answer.getError()?.getMessage() ?? 'no reason given';
    const check = resolveConflict(append, reason)
      .then((resolved) => (resolved ? undefined : fail(new CopyConflictError(append, reason))), fail)
      .finally(() => {
        underWay.delete(id);
        checks.delete(check);
        moved();
      });
    checks.add(check);
  });
  call.on('error', fail);

  async function until(count: number): Promise<void> {
    while (underWay.size > count && !failure) {
      await new Promise<void>((resolve) => {
        moved = resolve;
      });
    }
    if (failure) throw failure;
  }

  return {
    async append(append) {
      await until(UNDER_WAY_MAX - 1);
      const id = randomUUID();
      underWay.set(id, append);
      if (!call.write(batchRequest(id, append))) {
        await new Promise<void>((resolve) => call.once('drain', resolve));
      }
    },
    settled: () => until(0),
    async tombstone(stream) {
      await until(0);
      const options = new TombstoneReq.Options();
      options.setStreamIdentifier(identifierOf(stream));
      options.setAny(new Empty());
      const request = new TombstoneReq();
      request.setOptions(options);
      await new Promise<void>((resolve, reject) => {
        target.streams.tombstone(request, target.metadata, (error) => {
          // After an interrupted copy the stream may already be deleted.
          if (error && error.metadata.get('exception')[0] !== 'stream-deleted') reject(error);
          else resolve();
        });
      });
    },
    close() {
      call.end();
    },
  };
}

function identifierOf(stream: string) {
  const identifier = new StreamIdentifier();
  identifier.setStreamName(Buffer.from(stream));
  return identifier;
}

function batchRequest(correlationId: string, { stream, first, events }: TargetAppend) {
  const options = new BatchAppendReq.Options();
  options.setStreamIdentifier(identifierOf(stream));
  if (first === 0) options.setNoStream(new emptyPb.Empty());
  else options.setStreamPosition(String(first - 1));
  options.setDeadline(timestampPb.Timestamp.fromDate(new Date(systemClock.now() + ANSWER_WAIT_MS)));
  const request = new BatchAppendReq();
  const id = new UUID();
  id.setString(correlationId);
  request.setCorrelationId(id);
  request.setOptions(options);
  request.setIsFinal(true);
  for (const event of events) request.addProposedMessages(proposed(event));
  return request;
}

function proposed({ id, type, contentType, data, metadata }: CopiedEvent) {
  const uuid = new UUID();
  uuid.setString(id);
  const message = new BatchAppendReq.ProposedMessage();
  message.setId(uuid);
  message.getMetadataMap().set('type', type);
  message.getMetadataMap().set('content-type', contentType);
  message.setData(data);
  message.setCustomMetadata(metadata);
  return message;
}
