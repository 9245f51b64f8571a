import { duration } from './format.js';

/** The part of a run's event that its timeline needs. */
export interface TimelineEvent {
  readonly type: string;
  readonly at: number;
  readonly attempt: number | null;
  /** When the event before it was recorded, which is the last known sign of a worker that disappeared. */
  readonly signAt?: number;
  /** Whether the run was ended because its worker disappeared. */
  readonly workerLost?: boolean;
  /** Only for RunWaiting: until when it waits, milliseconds since 1970. */
  readonly until?: number;
}

export type TimelineKind = 'queued' | 'working' | 'waiting' | 'silent' | 'idle';

export interface TimelineSegment {
  readonly kind: TimelineKind;
  readonly from: number;
  readonly to: number;
  readonly attempt: number;
  /** In the units of the timeline. */
  readonly x: number;
  readonly width: number;
}

export interface Timeline {
  readonly start: number;
  readonly end: number;
  readonly segments: readonly TimelineSegment[];
  /** The beginnings of the second and later attempts. */
  readonly attempts: readonly { readonly attempt: number; readonly x: number }[];
}

export const TIMELINE_WIDTH = 800;

/** The place of a time on a timeline, in its units. */
export function placeOnTimeline({ start, end }: Pick<Timeline, 'start' | 'end'>, at: number): number {
  if (end <= start) return 0;
  const place = ((at - start) / (end - start)) * TIMELINE_WIDTH;
  return Math.round(Math.min(TIMELINE_WIDTH, Math.max(0, place)) * 100) / 100;
}

const ENDS = new Set(['RunCompleted', 'RunFailed', 'RunAborted']);

/**
 * Makes the segments of a timeline from a run's lifecycle events, oldest first: queued, working, waiting for something
 * outside, silent after its worker disappeared, and idle between two attempts. A run that goes on ends at `now`.
 * `silentSince` is its last sign of life when that is too old to count as work.
 */
export function timelineOf(
  events: readonly TimelineEvent[],
  now: number,
  silentSince: number | null = null,
): Timeline | null {
  const first = events[0];
  if (!first) return null;
  const last = events.at(-1) ?? first;
  const end = Math.max(first.at, ENDS.has(last.type) ? last.at : now);
  const spans: { kind: TimelineKind; from: number; to: number; attempt: number }[] = [];
  const starts: { attempt: number; at: number }[] = [];
  let kind: TimelineKind = 'queued';
  let from = first.at;
  let attempt = 0;
  let waitEnds = 0;
  const close = (to: number) => {
    if (to > from) spans.push({ kind, from, to, attempt });
    from = Math.max(from, to);
  };
  for (const event of events.slice(1)) {
    // A wait ends at its announced time, or earlier when the run went on.
    if (kind === 'waiting' && waitEnds < event.at) {
      close(waitEnds);
      kind = 'working';
    }
    // The worker disappeared after its last sign of life: a new attempt began without a release, or the run was ended
    // for it.
    const takenOver = event.type === 'RunStarted' && attempt > 0;
    if (kind === 'working' && (event.workerLost || takenOver)) {
      close(Math.min(event.at, event.signAt ?? from));
      kind = 'silent';
    }
    close(event.at);
    if (event.type === 'RunStarted') {
      attempt = event.attempt ?? attempt + 1;
      starts.push({ attempt, at: event.at });
      kind = 'working';
    } else if (event.type === 'RunReleased') kind = 'idle';
    else if (event.type === 'RunWaiting') {
      kind = 'waiting';
      waitEnds = event.until ?? event.at;
    }
  }
  if (kind === 'waiting' && waitEnds < end) {
    close(waitEnds);
    kind = 'working';
  }
  if (kind === 'working' && silentSince !== null && end === now) {
    close(silentSince);
    kind = 'silent';
  }
  close(end);
  const scale = end > first.at ? TIMELINE_WIDTH / (end - first.at) : 0;
  const x = (at: number) => Math.round((at - first.at) * scale * 100) / 100;
  return {
    start: first.at,
    end,
    segments: spans.map((span) => ({ ...span, x: x(span.from), width: x(span.to) - x(span.from) })),
    attempts: starts.filter(({ attempt: n }) => n > 1).map((start) => ({ ...start, x: x(start.at) })),
  };
}

const KIND_WORDS: Readonly<Record<TimelineKind, string>> = {
  queued: 'in the queue',
  working: 'working',
  waiting: 'waiting for Graph',
  silent: 'silent, no worker heard',
  idle: 'between attempts',
};

/** A timeline with the words of its segments and of all of it, and the time spent on each kind, in words. */
export function timelineInWords({ segments, ...timeline }: Timeline) {
  const totals = new Map<TimelineKind, number>();
  for (const { kind, from, to } of segments) totals.set(kind, (totals.get(kind) ?? 0) + to - from);
  const wordsOf = (kind: TimelineKind, ms: number) => `${KIND_WORDS[kind]} ${duration(ms)}`;
  return {
    ...timeline,
    width: TIMELINE_WIDTH,
    segments: segments.map((segment) => ({
      ...segment,
      width: Math.max(1, segment.width),
      words: wordsOf(segment.kind, segment.to - segment.from),
    })),
    words: segments.map(({ kind, from, to }) => wordsOf(kind, to - from)).join(', '),
    totals: [...totals].map(([kind, ms]) => wordsOf(kind, ms)).join(' · '),
  };
}
