/**
 * One request for commands, until it ends. It doesn't use the client's own methods: `consume` refills by its own
 * threshold, even when there is no room here, and `fetch` drops messages that are on their way when it is stopped.
 */
import { createInbox, type Msg, type NatsError } from 'nats';
import type { Clock } from '../../clock.js';
import { endedWithin } from '../../timing/ended-within.js';
import { requestPull } from './acks.js';
import type { NatsSession } from './nats-link.js';

/**
 * Why a pull ended. `over`: all commands came or its time was up; `missing`: the consumer doesn't exist; `silent`:
 * the server didn't report its end; `lost`: the connection was lost; `stopped`: it was told to stop; `refused`: any
 * other reason.
 */
export type PullEnd = 'over' | 'missing' | 'silent' | 'lost' | 'stopped' | 'refused';

export interface PullOptions {
  readonly session: NatsSession;
  /** The subject to send the request to. */
  readonly subject: string;
  readonly batch: number;
  readonly onCommand: (message: Msg) => void;
  readonly stopping: AbortSignal;
  readonly clock: Clock;
}

/**
 * The server ends a pull after this time, and a new one follows. It is short because a pull can't be cancelled:
 * unsubscribing during a pull loses commands that are on their way, so a stop waits for the pull's end.
 */
const EXPIRES_MS = 1_000;
/**
 * A pull without an end for this much longer counts as silent. nats-server 2.9 sends no message about a pull that it
 * finds expired while it looks for a receiver.
 */
const OVERDUE_MS = 1_500;
const DRAIN_LIMIT_MS = 2_000;

/**
 * Asks for up to `batch` commands and waits until the request has ended. After it resolves no more commands arrive,
 * and the server knows that the inbox has no listener. A stop waits for the request's own end.
 */
export async function pull(options: PullOptions): Promise<PullEnd> {
  const { session, stopping, clock } = options;
  const ended = new AbortController();
  const inbox = createInbox();
  let left = options.batch;
  let end: (why: PullEnd) => void = () => {};
  const why = new Promise<PullEnd>((resolve) => {
    end = resolve;
  });

  function handle(error: NatsError | null, message: Msg): void {
    if (error !== null) {
      end('refused');
    } else if (message.subject === inbox) {
      const status = statusEnd(message);
      if (status !== undefined) end(status);
    } else {
      options.onCommand(message);
      left -= 1;
      if (left === 0) end('over');
    }
  }

  async function watchSilence(): Promise<void> {
    await clock.sleep(EXPIRES_MS + OVERDUE_MS, ended.signal);
    end('silent');
  }

  if (session.lost.aborted) return 'lost';
  if (stopping.aborted) return 'stopped';
  const onLost = () => end('lost');
  session.lost.addEventListener('abort', onLost, { once: true });
  const subscription = session.nc.subscribe(inbox, { callback: handle });
  requestPull(session, options.subject, inbox, { batch: options.batch, expiresMs: EXPIRES_MS });
  void watchSilence();
  const reason = await why;
  ended.abort();
  session.lost.removeEventListener('abort', onLost);
  // The server sends nothing more after `over`. After any other end, commands on their way must still be received.
  if (reason === 'over' || session.lost.aborted) subscription.unsubscribe();
  else await endedWithin(clock, subscription.drain(), DRAIN_LIMIT_MS);
  return reason === 'over' && stopping.aborted ? 'stopped' : reason;
}

/** The end of the pull that a status message reports; undefined for a heartbeat. */
function statusEnd(message: Msg): PullEnd | undefined {
  const code = message.headers?.code ?? 0;
  const description = (message.headers?.description ?? '').toLowerCase();
  if (code === 100) return undefined;
  if (code === 404 || code === 408) return 'over';
  if (code === 503 || description.includes('consumer deleted')) return 'missing';
  return 'refused';
}
