import type { IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import { createGrpcCall, type GrpcCall, toCallError } from '../protocol/grpc-call.js';
import { createFrameReader } from '../protocol/grpc-frames.js';
import { CallError, GrpcCode, unexpectedRequest } from '../protocol/grpc-status.js';
import { handleAppend } from './append-call.js';
import { handleBatchAppend } from './batch-append-call.js';
import { handleDelete } from './delete-call.js';
import { gossipFrame, healthFrame, reachedAt, supportedMethodsFrame } from './information.js';
import { handleRead } from './read-call.js';
import type { ServiceContext } from './service-context.js';

export interface Router {
  /** Handles one HTTP/2 stream. */
  handle(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): void;
}

export interface RouterOptions {
  readonly context: ServiceContext;
  readonly instanceId: string;
  /** Where the server listens; shown in its gossip to callers that don't say how they reach it. */
  readonly address: () => { readonly host: string; readonly port: number };
  /** The error for a caller who may not call with these headers, or undefined. */
  readonly authorise: (headers: IncomingHttpHeaders) => CallError | undefined;
  /** False while the server is stopping. */
  readonly serving: () => boolean;
}

type Handler = (call: GrpcCall, context: ServiceContext, headers: IncomingHttpHeaders) => void;

const HEALTH_PREFIX = '/grpc.health.v1.Health/';
/** Open to every caller, because clients call them before they authenticate. */
const OPEN_SERVICES = [
  '/event_store.client.server_features.ServerFeatures/',
  '/event_store.client.gossip.Gossip/',
  HEALTH_PREFIX,
];
const SERVICES = ['/event_store.client.streams.Streams/', ...OPEN_SERVICES];

/** Passes each call to its handler. */
export function createRouter(options: RouterOptions): Router {
  const { context, instanceId, address, authorise, serving } = options;
  const features = supportedMethodsFrame();
  const streams = '/event_store.client.streams.Streams';
  const handlers = new Map<string, Handler>([
    [`${streams}/Read`, unary((call, message) => void handleRead(call, message, context))],
    [`${streams}/Append`, handleAppend],
    [`${streams}/BatchAppend`, handleBatchAppend],
    [`${streams}/Delete`, unary((call, message) => handleDelete(call, message, false, context))],
    [`${streams}/Tombstone`, unary((call, message) => handleDelete(call, message, true, context))],
    [
      '/event_store.client.server_features.ServerFeatures/GetSupportedMethods',
      unary((call) => call.finish(features)),
    ],
    [
      '/event_store.client.gossip.Gossip/Read',
      unary((call, _message, headers) => {
        const { host, port } = reachedAt(headers[':authority']) ?? address();
        call.finish(gossipFrame(instanceId, host, port, context.clock.now()));
      }),
    ],
    [`${HEALTH_PREFIX}Check`, unary((call) => call.finish(healthFrame(serving())))],
    [`${HEALTH_PREFIX}Watch`, unary((call) => void call.write(healthFrame(serving())))],
  ]);

  function refusalOf(path: string, headers: IncomingHttpHeaders): CallError | undefined {
    const open = OPEN_SERVICES.some((service) => path.startsWith(service));
    const refusal = open ? undefined : authorise(headers);
    if (refusal) return refusal;
    if (!path.startsWith(HEALTH_PREFIX)) {
      if (!serving()) return new CallError(GrpcCode.UNAVAILABLE, 'Server Is Not Ready');
    }
    if (handlers.has(path)) return undefined;
    const known = SERVICES.some((service) => path.startsWith(service));
    return new CallError(
      GrpcCode.UNIMPLEMENTED,
      known ? 'Method is unimplemented.' : 'Service is unimplemented.',
    );
  }

  return {
    handle(stream, headers) {
      const path = headers[':path'] ?? '';
      if (!isGrpc(headers)) return answerHttp(stream, headers);
      const call = createGrpcCall(stream, context.clock);
      const refusal = refusalOf(String(path), headers);
      const handler = handlers.get(String(path));
      if (refusal || !handler) {
        call.fail(refusal ?? unexpectedRequest());
        return;
      }
      try {
        handler(call, context, headers);
      } catch (error) {
        call.fail(toCallError(error));
      }
    },
  };

  function unary(respond: (call: GrpcCall, message: Buffer, headers: IncomingHttpHeaders) => void): Handler {
    return (call, _context, headers) => {
      const frames = createFrameReader(context.limits.messageBytesMax);
      let message: Buffer | undefined;
      const guarded = (action: () => void) => {
        if (call.closed()) return;
        try {
          action();
        } catch (error) {
          call.fail(toCallError(error));
        }
      };
      call.stream.on('data', (chunk: Buffer) =>
        guarded(() =>
          frames.push(chunk, (taken) => {
            if (message)
              throw new CallError(GrpcCode.INTERNAL, 'Additional data after the message received.');
            message = taken;
          }),
        ),
      );
      call.stream.on('end', () =>
        guarded(() => {
          frames.end();
          if (!message) throw new CallError(GrpcCode.INTERNAL, 'Incomplete message.');
          respond(call, message, headers);
        }),
      );
    };
  }

  function answerHttp(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): void {
    stream.on('error', () => undefined);
    stream.resume();
    const path = String(headers[':path'] ?? '');
    if (headers[':method'] === 'GET' && path === '/health/live') {
      stream.respond({ ':status': serving() ? 204 : 503 }, { endStream: true });
    } else {
      stream.respond({ ':status': headers[':method'] === 'POST' ? 415 : 404 }, { endStream: true });
    }
  }
}

function isGrpc(headers: IncomingHttpHeaders): boolean {
  return headers[':method'] === 'POST' && (headers['content-type'] ?? '').startsWith('application/grpc');
}
