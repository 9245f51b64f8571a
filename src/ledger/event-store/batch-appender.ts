import { randomUUID } from 'node:crypto';
import { convertToCommandError, type EventStoreDBClient } from '@eventstore/db-client';
import streamsGrpc from '@eventstore/db-client/generated/streams_grpc_pb.js';
import type { ClientDuplexStream } from '@grpc/grpc-js';
import { type AppendAnswer, decodeAppendAnswer } from './append-answer.js';
import { type AppendRequest, encodeAppendRequest } from './append-request.js';

/** Why there is no answer to an append. */
export class NoAnswerError extends Error {
  override readonly name = 'NoAnswerError';
  constructor(
    message: string,
    /** Whether the append may have reached the store. */
    readonly sent: boolean,
    /** What went wrong; undefined when only the time was up. */
    override readonly cause: unknown,
  ) {
    super(message);
  }
}

/** Appends over a client's connection, any number at once, over one call of `BatchAppend`. */
export interface BatchAppender {
  /** Errors: NoAnswerError, after `timeoutMs` at the latest; TypeError for events that JSON can't hold. */
  append(request: Omit<AppendRequest, 'correlationId'>): Promise<AppendAnswer>;
}

type Call = ClientDuplexStream<Buffer, Buffer>;
type Stubs = InstanceType<typeof streamsGrpc.StreamsClient>;

interface Waiting {
  readonly request: Buffer;
  /** Over which it was sent; undefined before. */
  call: Call | undefined;
  readonly resolve: (answer: AppendAnswer) => void;
  readonly reject: (error: NoAnswerError) => void;
  readonly timer: NodeJS.Timeout;
}

const { path } = streamsGrpc.StreamsService.batchAppend;
const asIs = (message: Buffer): Buffer => message;

/**
 * The client finds the server, keeps the connection and follows a leader that changes, as it does for its own calls.
 * Its `appendToStream` is not used: a connection that stalls makes it end the process with unhandled rejections.
 */
export function createBatchAppender(client: EventStoreDBClient): BatchAppender {
  /** The call under way for each of the client's connections, as the client keeps its own. */
  const openCalls = new WeakMap<Stubs, Call>();
  const congested = new WeakSet<Call>();
  /** By correlation id, in the order of arrival. */
  const waiting = new Map<string, Waiting>();
  /** Those that no connection has taken yet; they are never sent once their time is up. */
  const unsent = new Map<string, Waiting>();

  async function send(): Promise<void> {
    try {
      write(await openCall.call(client, openCalls, listen));
    } catch (error) {
      endAll((append) => append.call === undefined, error);
    }
  }

  function write(call: Call): void {
    for (const [id, append] of unsent) {
      if (congested.has(call)) return;
      unsent.delete(id);
      append.call = call;
      if (!call.write(append.request)) congested.add(call);
    }
  }

  function listen(call: Call): void {
    call.on('drain', () => {
      congested.delete(call);
      void send();
    });
    call.on('data', (message: Buffer) => {
      try {
        const { correlationId, answer } = decodeAppendAnswer(message);
        // Nobody waits any more for the answer to an append whose time was up.
        forget(correlationId)?.resolve(answer);
      } catch (error) {
        // Which append it answers can't be told.
        call.cancel();
        end(call, error);
      }
    });
    call.on('error', (error) => end(call, convertToCommandError(error)));
    call.on('end', () => end(call, new Error('the store ended the call')));
  }

  function end(call: Call, cause: unknown): void {
    endAll((append) => append.call === call || append.call === undefined, cause);
  }

  function endAll(affected: (append: Waiting) => boolean, cause: unknown): void {
    for (const [id, append] of [...waiting]) {
      if (!affected(append)) continue;
      forget(id);
      const sent = append.call !== undefined && !foundNobody(cause);
      append.reject(new NoAnswerError('the call ended before the answer', sent, cause));
    }
  }

  function forget(id: string): Waiting | undefined {
    const append = waiting.get(id);
    clearTimeout(append?.timer);
    waiting.delete(id);
    unsent.delete(id);
    return append;
  }

  return {
    append(request) {
      return new Promise((resolve, reject) => {
        const id = randomUUID();
        const encoded = encodeAppendRequest({ ...request, correlationId: id });
        const timer = setTimeout(() => {
          const sent = forget(id)?.call !== undefined;
          reject(new NoAnswerError(`no answer within ${request.timeoutMs} ms`, sent, undefined));
        }, request.timeoutMs);
        const append: Waiting = { request: encoded, call: undefined, resolve, reject, timer };
        waiting.set(id, append);
        unsent.set(id, append);
        void send();
      });
    },
  };
}

function openCall(
  this: EventStoreDBClient,
  openCalls: WeakMap<Stubs, Call>,
  listen: (call: Call) => void,
): Promise<Call> {
  const create = this.GRPCStreamCreator<Stubs, Call>(
    streamsGrpc.StreamsClient,
    'batchAppend',
    (stubs) => {
      const options = this.callArguments({}, { deadline: Number.POSITIVE_INFINITY });
      const call: Call = stubs.makeBidiStreamRequest(path, asIs, asIs, ...options);
      listen(call);
      return call;
    },
    openCalls,
  );
  return create();
}

/** How grpc-js says that no connection could be made, so that no call was sent (`UNAVAILABLE`, in its own words). */
function foundNobody(error: unknown): boolean {
  return error instanceof Error && error.message.includes('No connection established');
}
