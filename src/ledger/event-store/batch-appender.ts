import { randomUUID } from 'node:crypto';
import { convertToCommandError, type EventStoreDBClient } from '@eventstore/db-client';
import streamsGrpc from '@eventstore/db-client/generated/streams_grpc_pb.js';
import type { ClientDuplexStream } from '@grpc/grpc-js';
import { type AppendAnswer, decodeAppendAnswer } from './append-answer.js';
import { type AppendRequest, encodeAppendRequest } from './append-request.js';
import { cancelWithConnection } from './cancel-with-connection.js';

/** An append got no answer. */
export class NoAnswerError extends Error {
  override readonly name = 'NoAnswerError';
  constructor(
    message: string,
    /** Whether the append may have reached the store. */
    readonly sent: boolean,
    /** The error behind it; undefined when only the time ran out. */
    override readonly cause: unknown,
  ) {
    super(message);
  }
}

/** Sends any number of appends at the same time over a client's connection, in one call of `BatchAppend`. */
export interface BatchAppender {
  /**
   * Errors: NoAnswerError, after `timeoutMs` at the latest, with the error of the check where a server was not
   * accepted; TypeError for events that JSON can't hold.
   */
  append(request: Omit<AppendRequest, 'correlationId'>): Promise<AppendAnswer>;
}

type Call = ClientDuplexStream<Buffer, Buffer>;
type Stubs = InstanceType<typeof streamsGrpc.StreamsClient>;

interface PendingAppend {
  readonly request: Buffer;
  /** The call that it was sent over; undefined before it is sent. */
  call: Call | undefined;
  readonly resolve: (answer: AppendAnswer) => void;
  readonly reject: (error: NoAnswerError) => void;
  readonly timer: NodeJS.Timeout;
}

const { path } = streamsGrpc.StreamsService.batchAppend;
const asIs = (message: Buffer): Buffer => message;

/**
 * Uses the client to find the server, keep the connection and follow a new leader, as the client's own calls do.
 * Doesn't use its `appendToStream`, because on a stalled connection that ends the process with unhandled rejections.
 * `checkServer` decides after each new connection whether the server there may be given events. It must read by the same
 * client. If the client changes its connection meanwhile, the call ends, so that nothing is sent to a server that was not
 * checked.
 */
export function createBatchAppender(
  client: EventStoreDBClient,
  checkServer: () => Promise<void>,
): BatchAppender {
  /** The open call of each of the client's connections. */
  const openCalls = new WeakMap<Stubs, Call>();
  const congested = new WeakSet<Call>();
  const ended = new WeakSet<Call>();
  /** The check of each call's server; a failed one is not kept. */
  const checks = new WeakMap<Call, Promise<void>>();
  /** By correlation id, in the order of arrival. */
  const pending = new Map<string, PendingAppend>();
  /** Appends that no connection has taken yet. They are not sent after their time has run out. */
  const unsent = new Map<string, PendingAppend>();

  async function send(): Promise<void> {
    try {
      const call = await openCall.call(client, openCalls, listen);
      if (ended.has(call)) throw new Error('the store ended the call');
      await checked(call);
      if (!ended.has(call)) write(call);
    } catch (error) {
      endAll((append) => append.call === undefined, error);
    }
  }

  /** Resolves when the server of a call was accepted; appends that wait for it share one check. */
  function checked(call: Call): Promise<void> {
    const known = checks.get(call);
    if (known) return known;
    const check = checkServer();
    checks.set(call, check);
    check.catch(() => checks.delete(call));
    return check;
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
        // An append whose time ran out is no longer in the map, so its late answer is ignored.
        forget(correlationId)?.resolve(answer);
      } catch (error) {
        // Nobody can tell which append this answers.
        call.cancel();
        end(call, error);
      }
    });
    call.on('error', (error) => end(call, convertToCommandError(error)));
    call.on('end', () => {
      end(call, new Error('the store ended the call'));
      // The client opens another call only after both sides have ended this one.
      call.end();
    });
  }

  function end(call: Call, cause: unknown): void {
    ended.add(call);
    endAll((append) => append.call === call || append.call === undefined, cause);
  }

  function endAll(affected: (append: PendingAppend) => boolean, cause: unknown): void {
    for (const [id, append] of [...pending]) {
      if (!affected(append)) continue;
      forget(id);
      const sent = append.call !== undefined && !couldNotConnect(cause);
      append.reject(new NoAnswerError('the call ended before the answer', sent, cause));
    }
  }

  function forget(id: string): PendingAppend | undefined {
    const append = pending.get(id);
    clearTimeout(append?.timer);
    pending.delete(id);
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
        const append: PendingAppend = { request: encoded, call: undefined, resolve, reject, timer };
        pending.set(id, append);
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
      cancelWithConnection(stubs.getChannel(), call);
      return call;
    },
    openCalls,
  );
  return create();
}

/** Whether grpc-js could not connect and so sent nothing: it then reports `UNAVAILABLE` with this text. */
function couldNotConnect(error: unknown): boolean {
  return error instanceof Error && error.message.includes('No connection established');
}
