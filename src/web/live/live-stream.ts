import { createHash } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { Logger } from 'pino';
import type { Chance, Clock } from '../../clock.js';
import { LIMITS } from '../limits.js';
import { WebError } from '../web-error.js';
import { type ChangedRuns, joinCauses, type RenderCause } from './changed-runs.js';

/** A part of a page that can be swapped by its id. */
export interface LiveFragment {
  /** The id of the element that this HTML replaces. */
  readonly target: string;
  readonly html: string;
}

export interface LiveRender {
  /** The position that the fragments show. */
  readonly position: number;
  readonly fragments: readonly LiveFragment[];
}

/** One page that a stream keeps up to date. */
export interface LiveView {
  /** What the page showed when it was rendered; nothing is sent before the models have moved past it. */
  readonly shownPosition: number;
  /**
   * Renders the parts of the page that may differ for this cause, as they are now. Errors: WebError `forbidden` when
   * the reader may not see it any more.
   */
  render(cause: RenderCause): Promise<LiveRender>;
  /** Calls the listener when what the page shows may have changed. Answers how to end that. */
  subscribe(listener: (runs: ChangedRuns) => void): () => void;
}

export interface LiveStreamOptions {
  readonly response: ServerResponse;
  readonly headers: Readonly<Record<string, string>>;
  /** The pages by the number that their messages carry; those that the reader may not see are a status instead. */
  readonly views: readonly (LiveView | { readonly refused: number })[];
  /** Called when the stream has ended, for whatever reason, once. */
  onEnd(): void;
  readonly clock: Clock;
  readonly chance: Chance;
  readonly logger: Logger;
}

export interface LiveStream {
  end(): void;
}

/** How far from its usual length a stream may end, so that the streams of a restarted server don't end together. */
const LIFETIME_SPREAD = 0.2;

/**
 * A stream of server-sent events for all visible pages of one browser. Of each page it sends only parts that differ
 * from what it sent before, not more often than `liveCoalesceMs`, one render at a time; a client that doesn't read is
 * dropped once its backlog passes a bound. Messages: `view` (HTML of a page), `ended` (the reader may not see that page
 * any more), `trouble` (a page could not be rendered and is tried again), `alive` every `liveHeartbeatMs`.
 */
export function openLiveStream(options: LiveStreamOptions): LiveStream {
  const { response, clock, chance, logger } = options;
  const ending = new AbortController();
  const { signal } = ending;
  const updaters = new Set<Updater>();
  // Each page waits on it, and the heartbeat.
  setMaxListeners(LIMITS.liveViewsPerStream + 2, signal);

  const end = () => {
    if (signal.aborted) return;
    ending.abort();
    for (const updater of updaters) updater.stop();
    response.end();
    options.onEnd();
  };
  const write = (text: string) => {
    if (signal.aborted) return;
    response.write(text);
    if (response.writableLength > LIMITS.liveBufferBytes) {
      logger.warn('a live page does not read what it is sent; its stream ends');
      response.destroy();
      end();
    }
  };

  async function heartbeat(): Promise<void> {
    const lifetimeMs = LIMITS.liveStreamMs * (1 - LIFETIME_SPREAD + 2 * LIFETIME_SPREAD * chance.fraction());
    const endsAt = clock.monotonicMs() + lifetimeMs;
    while (!signal.aborted) {
      await clock.sleep(LIMITS.liveHeartbeatMs, signal);
      if (clock.monotonicMs() > endsAt) end();
      write(messageOf('alive', ''));
      // The lag and the health of the parts move without a notification.
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
    else updaters.add(keepCurrent(view, number, { write, signal, clock, logger }));
  }
  void heartbeat();
  return { end };
}

interface Updater {
  changed(cause: RenderCause): void;
  stop(): void;
}

interface Outlet {
  readonly write: (text: string) => void;
  readonly signal: AbortSignal;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Renders one page again whenever it may have changed, several calls at once. */
function keepCurrent(view: LiveView, number: number, { write, signal, clock, logger }: Outlet): Updater {
  const sent = new Map<string, string>();
  let pending: RenderCause | undefined;
  /** What a render that failed was to show, and the next one is. */
  let missed: RenderCause | undefined;
  let working = false;
  let first = true;
  let stopped = false;
  let unsubscribe = () => {};

  async function update(cause: RenderCause): Promise<void> {
    const { position, fragments } = await view.render(cause);
    // A page that shows this very position has all of this already.
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

/** Parts as htmx partials, each of them swapped into the element of its id. */
const partialsOf = (fragments: readonly LiveFragment[]): string =>
  fragments
    .map(({ target, html }) => `<hx-partial hx-target="#${target}" hx-swap="outerMorph">${html}</hx-partial>`)
    .join('\n');

/** A server-sent event; its data are one line. */
const messageOf = (event: 'view' | 'ended' | 'trouble' | 'alive', data: string): string =>
  `event: ${event}\ndata: ${data}\n\n`;
