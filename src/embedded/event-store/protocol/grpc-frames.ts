import { CallError, GrpcCode } from './grpc-status.js';

/** A gRPC message on the wire: one byte (compressed or not), four of length, the message. */
export const FRAME_HEADER_BYTES = 5;

/** A message with the five bytes that precede it in a gRPC call. */
export function frame(message: Uint8Array): Buffer {
  const framed = Buffer.allocUnsafe(FRAME_HEADER_BYTES + message.length);
  framed[0] = 0;
  framed.writeUInt32BE(message.length, 1);
  framed.set(message, FRAME_HEADER_BYTES);
  return framed;
}

/** Cuts a stream of bytes into messages. The messages are views, valid as long as the given bytes. */
export interface FrameReader {
  /** Calls `take` for each complete message. Errors: CallError, as EventStoreDB answers. */
  push(chunk: Buffer, take: (message: Buffer) => void): void;
  /** Must be called at the end of the stream. Errors: CallError when a message is incomplete. */
  end(): void;
}

/** A reader that refuses messages longer than `messageBytesMax`. */
export function createFrameReader(messageBytesMax: number): FrameReader {
  let kept: Buffer[] = [];
  let keptBytes = 0;
  /** Bytes needed before the next message can be complete. */
  let needed = FRAME_HEADER_BYTES;

  function messageLength(bytes: Buffer, at: number): number {
    const flag = bytes[at];
    if (flag === 1) {
      throw new CallError(GrpcCode.UNIMPLEMENTED, 'Compressed messages are not supported.');
    }
    if (flag !== 0) {
      throw new CallError(GrpcCode.INTERNAL, 'Unexpected compressed flag value in message header.');
    }
    const length = bytes.readUInt32BE(at + 1);
    if (length > messageBytesMax) {
      throw new CallError(
        GrpcCode.RESOURCE_EXHAUSTED,
        'Received message exceeds the maximum configured message size.',
      );
    }
    return length;
  }

  return {
    push(chunk, take) {
      if (keptBytes > 0) {
        // A message that declares too many bytes is refused before its bytes are kept.
        if (keptBytes < FRAME_HEADER_BYTES && keptBytes + chunk.length >= FRAME_HEADER_BYTES) {
          messageLength(Buffer.concat([...kept, chunk.subarray(0, FRAME_HEADER_BYTES)]), 0);
        }
        kept.push(chunk);
        keptBytes += chunk.length;
        if (keptBytes < needed) return;
      }
      const bytes = keptBytes > 0 ? Buffer.concat(kept) : chunk;
      kept = [];
      keptBytes = 0;
      needed = FRAME_HEADER_BYTES;
      let at = 0;
      while (bytes.length - at >= FRAME_HEADER_BYTES) {
        const length = messageLength(bytes, at);
        const end = at + FRAME_HEADER_BYTES + length;
        if (end > bytes.length) {
          needed = FRAME_HEADER_BYTES + length;
          break;
        }
        take(bytes.subarray(at + FRAME_HEADER_BYTES, end));
        at = end;
      }
      if (at < bytes.length) {
        kept.push(bytes.subarray(at));
        keptBytes = bytes.length - at;
      }
    },
    end() {
      if (keptBytes > 0) throw new CallError(GrpcCode.INTERNAL, 'Incomplete message.');
    },
  };
}
