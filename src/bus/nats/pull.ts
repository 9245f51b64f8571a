/**
 * One request for commands, from asking to its end. Raw on purpose: the client's `consume` refills by its own
 * threshold, whatever room there is here, and its `fetch` drops what is under way when it is stopped.
 */
import { createInbox, type Msg, type NatsError } from 'nats';
import type { Clock } from '../../clock.js';
import { endedWithin } from '../../timing/ended-within.js';
import { requestPull } from './acks.js';
import type { NatsSession } from './nats-link.js';

/**
 * Why a pull ended: `over` = all came, or its time was up; `missing` = there is no such consumer; `silent` = not
 * even its end came; `lost` = the connection went; `stopped` = told to; `refused` = anything else.
 */
export type PullEnd = 'over' | 'missing' | 'silent' | 'lost' | 'stopped' | 'refused';

export interface PullOptions {
  readonly session: NatsSession;
  /** Where to ask. */
  readonly subject: string;
  readonly batch: number;
  readonly onCommand: (message: Msg) => void;
  readonly stopping: AbortSignal;
  readonly clock: Clock;
}

/**
 * The server ends a pull by then; a new one follows. Short, because a pull can't be taken back: to unsubscribe
 * while one is open loses what is on its way, so a stop waits for this end.
 */
const expiresMs = 1_000;
/**
 * How much later than that its end may come before a pull counts as silent: nats-server 2.9 forgets one without a
 * word when it finds it expired while it looks for somebody to deliver to.
 */
const overdueMs = 1_500;
const drainLimitMs = 2_000;

/**
 * Asks for up to `batch` commands and waits for the end of that. Once it resolves nothing more arrives, and the
 * server knows that nobody listens here any more. A stop lets it end by itself.
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

  function hear(error: NatsError | null, message: Msg): void {
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
    await clock.sleep(expiresMs + overdueMs, ended.signal);
    end('silent');
  }

  if (session.lost.aborted) return 'lost';
  if (stopping.aborted) return 'stopped';
  const onLost = () => end('lost');
  session.lost.addEventListener('abort', onLost, { once: true });
  const subscription = session.nc.subscribe(inbox, { callback: hear });
  requestPull(session, options.subject, inbox, { batch: options.batch, expiresMs });
  void watchSilence();
  const reason = await why;
  ended.abort();
  session.lost.removeEventListener('abort', onLost);
  // A pull that is over sends nothing more. From any other, what is under way must still be heard.
  if (reason === 'over' || session.lost.aborted) subscription.unsubscribe();
  else await endedWithin(clock, subscription.drain(), drainLimitMs);
  return reason === 'over' && stopping.aborted ? 'stopped' : reason;
}

/** What a status message says about the pull; nothing when it only is a sign of life. */
function statusEnd(message: Msg): PullEnd | undefined {
  const code = message.headers?.code ?? 0;
  const description = (message.headers?.description ?? '').toLowerCase();
  if (code === 100) return undefined;
  if (code === 404 || code === 408) return 'over';
  if (code === 503 || description.includes('consumer deleted')) return 'missing';
  return 'refused';
}
