import { createHash } from 'node:crypto';
import { once, setMaxListeners } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { Logger } from 'pino';
import type { Chance, Clock } from '../../clock.js';
import { LIMITS } from '../limits.js';
import { WebError } from '../web-error.js';
import { type ChangedRuns, joinCauses, type RenderCause } from './changed-runs.js';

/** A part of a page that the browser replaces by its id. */
export interface LiveFragment {
  /** The id of the element that this HTML replaces. */
  readonly target: string;
  readonly html: string;
}

export interface LiveRender {
  /** The position of the read models that the fragments show. */
  readonly position: number;
  readonly fragments: readonly LiveFragment[];
}

/** One page that a stream updates. */
export interface LiveView {
  /**
   * The position that the page showed when it was rendered. Nothing is sent before the read models have moved beyond
   * it.
   */
  readonly shownPosition: number;
  /**
   * Renders the parts of the page that may have changed for this cause. Errors: WebError `forbidden` when the reader
   * may not see the page any more.
   */
  render(cause: RenderCause): Promise<LiveRender>;
  /** Calls the listener when the content of the page may have changed. Returns a function that ends this. */
  subscribe(listener: (runs: ChangedRuns) => void): () => void;
}

export interface LiveStreamOptions {
  readonly response: ServerResponse;
  readonly headers: Readonly<Record<string, string>>;
  /**
   * The pages. Their numbers in this list are the `view` of messages. Pages that the reader may not see have a status
   * instead.
   */
  readonly views: readonly (LiveView | { readonly refused: number })[];
  /** Called once, when the stream has ended for any reason. */
  onEnd(): void;
  readonly clock: Clock;
  readonly chance: Chance;
  readonly logger: Logger;
}

export interface LiveStream {
  end(): void;
}

/** The length of a stream varies by this share, so that the streams of a restarted server don't all end together. */
const LIFETIME_SPREAD = 0.2;

/**
 * A stream of server-sent events for all visible pages of one browser. For each page it sends only parts that differ
 * from what it sent before, at most once in `liveCoalesceMs`, with one render at a time. A client that doesn't read is
 * sent nothing more until its buffer is empty, and is disconnected when it doesn't read for a while. Messages: `view`
 * (HTML of a page), `ended` (the reader may not see that page any more), `trouble` (a page could not be rendered and
 * will be tried again), `alive` every `liveHeartbeatMs`.
 */
export function openLiveStream(options: LiveStreamOptions): LiveStream {
  const { response, clock, chance, logger } = options;
  const ending = new AbortController();
  const { signal } = ending;
  const updaters = new Set<Updater>();
  // Each page, the heartbeat and the wait for a slow client listen to the signal.
  setMaxListeners(LIMITS.liveViewsPerStream + 3, signal);

  const end = () => {
    if (signal.aborted) return;
    ending.abort();
    for (const updater of updaters) updater.stop();
    response.end();
    options.onEnd();
  };
  const disconnect = () => {
    if (signal.aborted) return;
    logger.warn('a live page does not read what it is sent; its stream ends');
    response.destroy();
    end();
  };
  const write = (text: string) => {
    if (signal.aborted) return;
    response.write(text);
    if (response.writableLength > LIMITS.liveBufferBytes) disconnect();
  };

  /** Resolves when the client has read the buffer, or when the stream ends. */
  let hasRead: Promise<void> | undefined;
  let unreadSinceMs = 0;
  const ready = (): Promise<void> => {
    if (signal.aborted || !response.writableNeedDrain) return Promise.resolve();
    if (hasRead) return hasRead;
    unreadSinceMs = clock.monotonicMs();
    const over = () => {
      hasRead = undefined;
    };
    // The end of the stream also ends the wait.
    hasRead = once(response, 'drain', { signal }).then(over, over);
    return hasRead;
  };

  async function heartbeat(): Promise<void> {
    const lifetimeMs = LIMITS.liveStreamMs * (1 - LIFETIME_SPREAD + 2 * LIFETIME_SPREAD * chance.fraction());
    const endsAt = clock.monotonicMs() + lifetimeMs;
    while (!signal.aborted) {
      await clock.sleep(LIMITS.liveHeartbeatMs, signal);
      if (clock.monotonicMs() > endsAt) end();
      void ready();
      if (hasRead) {
        if (clock.monotonicMs() - unreadSinceMs > LIMITS.liveUnreadMs) disconnect();
        continue;
      }
      write(messageOf('alive', ''));
      // The lag and the health of the parts change without a notification.
      for (const updater of updaters) updater.changed('beat');
    }
  }

  response.on('close', end);
  response.on('error', end);
  response.writeHead(200, {
    ...options.headers,
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store, no-transform',
    'x-accel-buffering': 'no',
  });
  write(messageOf('alive', ''));
  for (const [number, view] of options.views.entries()) {
    if ('refused' in view) write(messageOf('ended', JSON.stringify({ view: number, status: view.refused })));
    else updaters.add(keepCurrent(view, number, { write, ready, signal, clock, logger }));
  }
  void heartbeat();
  return { end };
}

interface Updater {
  changed(cause: RenderCause): void;
  stop(): void;
}

interface UpdaterOptions {
  readonly write: (text: string) => void;
  /** Resolves when the client has read what it was sent. */
  readonly ready: () => Promise<void>;
  readonly signal: AbortSignal;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Renders one page again whenever it may have changed. Calls during a render are joined into one next render. */
function keepCurrent(
  view: LiveView,
  number: number,
  { write, ready, signal, clock, logger }: UpdaterOptions,
): Updater {
  const sent = new Map<string, string>();
  let pending: RenderCause | undefined;
  /** The cause of a failed render. The next render includes it. */
  let missed: RenderCause | undefined;
  let working = false;
  let first = true;
  let stopped = false;
  let unsubscribe = () => {};

  async function update(cause: RenderCause): Promise<void> {
    const { position, fragments } = await view.render(cause);
    // A page that shows this position already has these parts.
    const known = first && position === view.shownPosition;
    first = false;
    const changed = fragments.filter(({ target, html }) => {
      const digest = createHash('sha256').update(html).digest('base64');
      const differs = sent.get(target) !== digest;
      sent.set(target, digest);
      return differs && !known;
    });
    if (changed.length > 0 && !stopped)
      write(messageOf('view', JSON.stringify({ view: number, position, html: partialsOf(changed) })));
  }

  function failed(error: unknown): void {
    if (error instanceof WebError && error.statusCode < 500) {
      write(messageOf('ended', JSON.stringify({ view: number, status: error.statusCode })));
      stop();
      return;
    }
    logger.warn({ err: error }, 'a live page could not be rendered; it is tried again');
    write(messageOf('trouble', JSON.stringify({ view: number })));
  }

  async function work(): Promise<void> {
    working = true;
    while (pending !== undefined && !stopped && !signal.aborted) {
      // Changes that happen meanwhile are joined, so a client that reads slowly costs one update whenever it is done.
      await ready();
      if (stopped || signal.aborted) break;
      const cause = joinCauses(missed, pending);
      pending = undefined;
      missed = undefined;
      try {
        await update(cause);
      } catch (error) {
        missed = cause;
        failed(error);
      }
      await clock.sleep(LIMITS.liveCoalesceMs, signal);
    }
    working = false;
  }

  const changed = (cause: RenderCause) => {
    pending = joinCauses(pending, cause);
    if (!working) void work();
  };
  const stop = () => {
    stopped = true;
    unsubscribe();
  };
  unsubscribe = view.subscribe(changed);
  changed('all');
  return { changed, stop };
}

/** The parts as htmx partials. Each replaces the element with its id. */
const partialsOf = (fragments: readonly LiveFragment[]): string =>
  fragments
    .map(({ target, html }) => `<hx-partial hx-target="#${target}" hx-swap="outerMorph">${html}</hx-partial>`)
    .join('\n');

/** A server-sent event with one line of data. */
const messageOf = (event: 'view' | 'ended' | 'trouble' | 'alive', data: string): string =>
  `event: ${event}\ndata: ${data}\n\n`;
