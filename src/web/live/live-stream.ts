import { createHash } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import type { Logger } from 'pino';
import type { Clock } from '../../clock.js';
import { LIMITS } from '../limits.js';

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

export interface LiveStreamOptions {
  readonly response: ServerResponse;
  readonly headers: Readonly<Record<string, string>>;
  /** What the page showed when it was rendered; nothing is sent before the models have moved past it. */
  readonly shownPosition: number;
  /** Renders the page's parts as they are now. */
  render(): Promise<LiveRender>;
  /** Whether the reader may still see this; asked before every update. */
  allowed(): boolean;
  /** Called when the stream has ended, for whatever reason, once. */
  onEnd(): void;
  readonly clock: Clock;
  readonly logger: Logger;
}

export interface LiveStream {
  /** Something may have changed: render again soon, several calls at once. */
  changed(): void;
  end(): void;
}

/**
 * A stream of server-sent events to one page. It sends only parts that differ from what it sent before, not more
 * often than `liveCoalesceMs`, one render at a time; a client that doesn't read is dropped once its backlog passes
 * a bound.
 */
export function openLiveStream(options: LiveStreamOptions): LiveStream {
  const { response, clock, logger } = options;
  const sent = new Map<string, string>();
  const ending = new AbortController();
  let pending = false;
  let working = false;
  let first = true;

  const end = () => {
    if (ending.signal.aborted) return;
    ending.abort();
    response.end();
    options.onEnd();
  };
  const write = (text: string) => {
    if (ending.signal.aborted) return;
    response.write(text);
    if (response.writableLength > LIMITS.liveBufferBytes) {
      logger.warn('a live page does not read what it is sent; its stream ends');
      response.destroy();
      end();
    }
  };

  async function update(): Promise<void> {
    if (!options.allowed()) return end();
    const { position, fragments } = await options.render();
    // A page that shows this very position has all of this already.
    const known = first && position === options.shownPosition;
    first = false;
    const changed = fragments.filter(({ target, html }) => {
      const digest = createHash('sha256').update(html).digest('base64');
      const differs = sent.get(target) !== digest;
      sent.set(target, digest);
      return differs && !known;
    });
    if (changed.length > 0) write(messageOf(position, changed));
  }

  async function work(): Promise<void> {
    working = true;
    try {
      while (pending && !ending.signal.aborted) {
        pending = false;
        await update();
        await clock.sleep(LIMITS.liveCoalesceMs, ending.signal);
      }
    } catch (error) {
      // The page reconnects by itself; what failed once may well succeed then.
      logger.warn({ err: error }, 'a live page could not be rendered; its stream ends');
      end();
    } finally {
      working = false;
    }
  }

  async function heartbeat(): Promise<void> {
    const endsAt = clock.monotonicMs() + LIMITS.liveStreamMs;
    while (!ending.signal.aborted) {
      await clock.sleep(LIMITS.liveHeartbeatMs, ending.signal);
      if (clock.monotonicMs() > endsAt || !options.allowed()) end();
      else {
        write(': alive\n\n');
        // The lag and the health of the parts move without a notification.
        changed();
      }
    }
  }

  const changed = () => {
    pending = true;
    if (!working) void work();
  };

  response.on('close', end);
  response.on('error', end);
  response.writeHead(200, {
    ...options.headers,
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store',
    'x-accel-buffering': 'no',
  });
  write('retry: 1000\n\n');

  void heartbeat();
  changed();
  return { changed, end };
}

/** One unnamed message whose data are htmx partials; its id lets a reconnecting page say what it has. */
export function messageOf(position: number, fragments: readonly LiveFragment[]): string {
  const html = fragments
    .map(({ target, html }) => `<hx-partial hx-target="#${target}" hx-swap="outerMorph">${html}</hx-partial>`)
    .join('\n');
  const data = html
    .split(/\r\n|\r|\n/)
    .map((line) => `data: ${line}`)
    .join('\n');
  return `id: ${position}\n${data}\n\n`;
}
