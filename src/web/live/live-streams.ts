import { LIMITS } from '../limits.js';
import { WebError } from '../web-error.js';
import type { LiveStream } from './live-stream.js';

/** The open live streams of this process. They are counted by session and ended together when the server stops. */
export interface LiveStreams {
  /** Counts one more stream. Errors: WebError `too_many_requests` when the session or the process has too many. */
  reserve(session: string): { release(): void };
  add(stream: LiveStream, session: string): void;
  remove(stream: LiveStream): void;
  readonly size: number;
  /** The sessions that have open streams. */
  sessions(): readonly string[];
  /** Ends the streams of a closed session. */
  endSession(session: string): void;
  endAll(): void;
}

export function createLiveStreams(): LiveStreams {
  const streams = new Map<LiveStream, string>();
  const bySession = new Map<string, number>();
  let reserved = 0;
  return {
    reserve(session) {
      const open = bySession.get(session) ?? 0;
      if (open >= LIMITS.liveStreamsPerSession || reserved >= LIMITS.liveStreamsPerProcess) {
        throw new WebError('too_many_requests', 'Too many live pages are open; close some of them.');
      }
      bySession.set(session, open + 1);
      reserved++;
      let released = false;
      return {
        release() {
          if (released) return;
          released = true;
          reserved--;
          const left = (bySession.get(session) ?? 1) - 1;
          if (left > 0) bySession.set(session, left);
          else bySession.delete(session);
        },
      };
    },
    add: (stream, session) => void streams.set(stream, session),
    remove: (stream) => void streams.delete(stream),
    get size() {
      return streams.size;
    },
    sessions: () => [...new Set(streams.values())],
    endSession(session) {
      for (const [stream, owner] of streams) if (owner === session) stream.end();
    },
    endAll() {
      for (const stream of streams.keys()) stream.end();
    },
  };
}
