import fc from 'fast-check';
import t from 'tap';
import {
  appendSuccess,
  batchError,
  batchStatus,
  batchSuccess,
} from '../../../../src/embedded/event-store/protocol/append-answers.js';
import { createFrameReader } from '../../../../src/embedded/event-store/protocol/grpc-frames.js';
import { AppendResp, BatchAppendResp, UUID } from '../../../../src/embedded/event-store/protocol/messages.js';

const revisions = fc.integer({ min: -1, max: 0xffff_fffd });
const position = fc.maxSafeNat();

function unframed(bytes: Buffer): InstanceType<typeof BatchAppendResp> {
  const messages: Buffer[] = [];
  const frames = createFrameReader(bytes.length);
  frames.push(bytes, (message) => messages.push(message));
  frames.end();
  if (messages.length !== 1 || !messages[0]) throw new Error(`${messages.length} messages`);
  return BatchAppendResp.deserializeBinary(messages[0]);
}

t.test('the generated classes read the answer to an append', async () => {
  fc.assert(
    fc.property(revisions, position, (revision, at) => {
      const success = AppendResp.deserializeBinary(appendSuccess(revision, at)).getSuccess();
      return (
        success?.hasNoStream() === revision < 0 &&
        success.getCurrentRevision() === String(Math.max(0, revision)) &&
        success.getPosition()?.getCommitPosition() === String(at) &&
        success.getPosition()?.getPreparePosition() === String(at)
      );
    }),
  );
});

t.test('the generated classes read the answer of a batch call, with its id and stream', async () => {
  fc.assert(
    fc.property(fc.uuid(), fc.string({ maxLength: 300 }), revisions, position, (id, stream, revision, at) => {
      const correlationId = Buffer.from(new UUID().setString(id).serializeBinary());
      const answer = unframed(batchSuccess(correlationId, Buffer.from(stream), revision, at));
      const success = answer.getSuccess();
      return (
        answer.getCorrelationId()?.getString() === id &&
        Buffer.from(answer.getStreamIdentifier()?.getStreamName_asU8() ?? []).toString() === stream &&
        success?.hasNoStream() === revision < 0 &&
        success.getCurrentRevision() === String(Math.max(0, revision)) &&
        success.getPosition()?.getCommitPosition() === String(at)
      );
    }),
  );
});

t.test('a refusal carries its status', async (t) => {
  const correlationId = Buffer.from(new UUID().setString('an id').serializeBinary());
  const answer = unframed(batchError(correlationId, Buffer.from('s'), batchStatus.badRequest('no')));
  t.equal(answer.getCorrelationId()?.getString(), 'an id');
  t.equal(answer.getError()?.getMessage(), 'BadRequest');
});
