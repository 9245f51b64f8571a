import type { GrpcCall } from '../protocol/grpc-call.js';
import { frame } from '../protocol/grpc-frames.js';
import {
  resourceExhausted,
  streamDeleted,
  uncertain,
  unexpectedRequest,
  wrongExpectedVersion,
} from '../protocol/grpc-status.js';
import { DeleteReq, DeleteResp, TombstoneReq, TombstoneResp } from '../protocol/messages.js';
import { ANY, NO_STREAM, STREAM_EXISTS } from '../store/append-check.js';
import { checkStreamName } from './append-limits.js';
import type { ServiceContext } from './service-context.js';

/** Handles `Streams.Delete` (`forGood` false) and `Streams.Tombstone`. */
export function handleDelete(
  call: GrpcCall,
  message: Buffer,
  forGood: boolean,
  context: ServiceContext,
): void {
  const options = (forGood ? TombstoneReq : DeleteReq).deserializeBinary(message).getOptions();
  const identifier = options?.getStreamIdentifier();
  if (!options || !identifier) throw unexpectedRequest();
  const nameBytes = Buffer.from(identifier.getStreamName_asU8());
  checkStreamName(nameBytes, context.limits);
  const name = nameBytes.toString('utf8');
  const expected = expectedOf(options);
  context.store.delete(name, expected.revision, forGood, (outcome) => {
    switch (outcome.kind) {
      case 'appended':
        return call.finish(frame(positionAnswer(forGood, outcome.position)));
      case 'wrong-expected-revision':
        return call.fail(
          wrongExpectedVersion(forGood ? 'Tombstone' : 'Delete', name, expected.text, outcome.last),
        );
      case 'stream-deleted':
        return call.fail(streamDeleted(name));
      case 'refused':
        return call.fail(resourceExhausted(outcome.reason));
      case 'uncertain':
        return call.fail(uncertain(outcome.reason));
    }
  });
}

interface ExpectationOptions {
  hasRevision(): boolean;
  getRevision(): string;
  hasNoStream(): boolean;
  hasAny(): boolean;
  hasStreamExists(): boolean;
}

/** The expected revision, and the number that EventStoreDB's statuses show for it. */
function expectedOf(options: ExpectationOptions): { revision: number; text: string } {
  if (options.hasRevision()) return { revision: Number(options.getRevision()), text: options.getRevision() };
  const revision = expectedState(options);
  return { revision, text: String(revision) };
}

function expectedState(options: ExpectationOptions): number {
  if (options.hasAny()) return ANY;
  if (options.hasNoStream()) return NO_STREAM;
  if (options.hasStreamExists()) return STREAM_EXISTS;
  throw unexpectedRequest();
}

function positionAnswer(forGood: boolean, at: number): Uint8Array {
  const kind = forGood ? TombstoneResp : DeleteResp;
  const position = new kind.Position();
  position.setCommitPosition(String(at));
  position.setPreparePosition(String(at));
  const answer = new kind();
  answer.setPosition(position);
  return answer.serializeBinary();
}
