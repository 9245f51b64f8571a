/**
 * One request for commands, from asking to its end. Raw on purpose: the client's `consume` refills by its own
 * threshold, whatever room there is here, and its `fetch` drops what is under way when it is stopped.
 */
import type { Msg, NatsError } from 'nats';
import type { Clock } from '../../clock.js';
import { requestPull } from './acks.js';
import type { NatsSession } from './nats-link.js';

/**
 * Why a pull ended: `over` = all came, or its time was up; `missing` = there is no such consumer; `silent` = not
 * even heartbeats came; `lost` = the connection went; `stopped` = told to; `refused` = anything else.
 */
export type PullEnd = 'over' | 'missing' | 'silent' | 'lost' | 'stopped' | 'refused';

export interface PullChannelOptions {
  readonly session: NatsSession;
  readonly subject: string;
  readonly inbox: string;
  readonly onCommand: (message: Msg) => void;
  readonly expiresMs: number;
  readonly heartbeatMs: number;
  readonly clock: Clock;
}

export interface PullChannel {
  /** Asks for up to `batch` commands and waits for the end of that. One at a time. */
  pull(batch: number, stopping: AbortSignal): Promise<PullEnd>;
  /** Unsubscribes; what is under way still reaches `onCommand` before this resolves. */
  close(): Promise<void>;
}

/** Heartbeats that may fail to come before a pull counts as silent. */
const heartbeatsMissedMax = 2;

export function openPullChannel(options: PullChannelOptions): PullChannel {
  const { session, inbox, clock } = options;
  let left = 0;
  let lastHeardMs = 0;
  let end: (why: PullEnd) => void = () => {};

  function hear(error: NatsError | null, message: Msg): void {
    lastHeardMs = clock.monotonicMs();
    if (error !== null) {
      end('refused');
    } else if (message.subject === inbox) {
      const why = statusEnd(message);
      if (why !== undefined) end(why);
    } else {
      options.onCommand(message);
      left -= 1;
      if (left === 0) end('over');
    }
  }

  const subscription = session.nc.subscribe(inbox, { callback: hear });

  async function watchHeartbeats(ended: AbortSignal): Promise<void> {
    const silenceMaxMs = heartbeatsMissedMax * options.heartbeatMs;
    while (!ended.aborted) {
      await clock.sleep(options.heartbeatMs, ended);
      if (clock.monotonicMs() - lastHeardMs > silenceMaxMs) end('silent');
    }
  }

  return {
    async pull(batch, stopping) {
      const ended = new AbortController();
      const onLost = () => end('lost');
      const onStop = () => end('stopped');
      const why = new Promise<PullEnd>((resolve) => {
        end = resolve;
      });
      lastHeardMs = clock.monotonicMs();
      left = batch;
      session.lost.addEventListener('abort', onLost, { once: true });
      stopping.addEventListener('abort', onStop, { once: true });
      if (session.lost.aborted) onLost();
      else if (stopping.aborted) onStop();
      else requestPull(session, options.subject, inbox, { ...options, batch });
      const watched = watchHeartbeats(ended.signal);
      try {
        return await why;
      } finally {
        ended.abort();
        session.lost.removeEventListener('abort', onLost);
        stopping.removeEventListener('abort', onStop);
        await watched;
      }
    },
    async close() {
      if (session.lost.aborted) subscription.unsubscribe();
      else await subscription.drain();
    },
  };
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
