import { constants, type OutgoingHttpHeaders, type ServerHttp2Stream } from 'node:http2';
import type { Clock } from '../../../clock.js';
import { CallError, GrpcCode, headerText } from './grpc-status.js';

/** One call: an HTTP/2 stream with gRPC's headers and trailers. */
export interface GrpcCall {
  readonly stream: ServerHttp2Stream;
  /** Whether either side has ended the call. */
  readonly closed: () => boolean;
  /** Calls `handler` once when the call ends for any reason. */
  onClose(handler: () => void): void;
  /** Removes a handler. */
  offClose(handler: () => void): void;
  /** Sends framed messages. Resolves when more can be sent, so a slow reader delays it. */
  write(frames: Buffer): Promise<void> | undefined;
  /** Sends framed messages in one HTTP/2 frame, without other messages, if they fit. Resolves when they are sent. */
  send(frames: Buffer): Promise<void>;
  /** Ends the call with success, after a last message if there is one. */
  finish(frames?: Buffer): void;
  /** Ends the call with a status. */
  fail(error: CallError): void;
}

const CONTENT_TYPE = 'application/grpc';

/** A call on a stream. Answers contain the store's time, so that clients can check their clocks. */
export function createGrpcCall(stream: ServerHttp2Stream, clock: Pick<Clock, 'now'>): GrpcCall {
  let trailers: OutgoingHttpHeaders = { 'grpc-status': '0' };
  let ended = false;
  let drained: (() => void) | undefined;
  const closeHandlers = new Set<() => void>();

  stream.on('close', () => {
    ended = true;
    drained?.();
    for (const handler of closeHandlers) handler();
  });
  // A client that disconnects is not an error of the server; 'close' follows.
  stream.on('error', () => undefined);
  stream.on('drain', () => {
    drained?.();
    drained = undefined;
  });

  const answerHeaders = (): OutgoingHttpHeaders => ({
    ':status': 200,
    'content-type': CONTENT_TYPE,
    date: new Date(clock.now()).toUTCString(),
  });

  function begin(): void {
    if (stream.headersSent || stream.destroyed) return;
    stream.respond(answerHeaders(), { waitForTrailers: true });
    stream.on('wantTrailers', () => {
      if (!stream.destroyed) stream.sendTrailers(trailers);
    });
  }

  return {
    stream,
    closed: () => ended,
    onClose(handler) {
      if (ended) handler();
      else closeHandlers.add(handler);
    },
    offClose(handler) {
      closeHandlers.delete(handler);
    },
    write(frames) {
      if (ended) return undefined;
      begin();
      if (stream.write(frames)) return undefined;
      return new Promise((resolve) => {
        drained = resolve;
      });
    },
    send(frames) {
      if (ended) return Promise.resolve();
      begin();
      return new Promise((resolve) => {
        const sent = () => {
          closeHandlers.delete(sent);
          resolve();
        };
        closeHandlers.add(sent);
        stream.write(frames, sent);
      });
    },
    finish(frames) {
      if (ended) return;
      ended = true;
      begin();
      if (frames) stream.end(frames);
      else stream.end();
    },
    fail(error) {
      if (ended) return;
      ended = true;
      trailers = statusTrailers(error);
      // The rest of the request is read and dropped, so that it doesn't block the connection's flow control.
      stream.resume();
      if (stream.headersSent) {
        stream.end();
        return;
      }
      stream.respond({ ...answerHeaders(), ...trailers }, { endStream: true });
      if (!stream.readableEnded) stream.close(constants.NGHTTP2_NO_ERROR);
    },
  };
}

function statusTrailers(error: CallError): OutgoingHttpHeaders {
  const trailers: OutgoingHttpHeaders = {
    'grpc-status': String(error.code),
    'grpc-message': headerText(error.message),
  };
  for (const [name, value] of Object.entries(error.trailers)) trailers[name] = headerText(value);
  return trailers;
}

/** Converts any error to the status that a call ends with. */
export function toCallError(error: unknown): CallError {
  if (error instanceof CallError) return error;
  return new CallError(GrpcCode.UNKNOWN, 'Exception was thrown by handler.');
}
