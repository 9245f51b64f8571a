/** One event of a run, as far as its timeline needs it. */
export interface TimelineEvent {
  readonly type: string;
  readonly at: number;
  readonly attempt: number | null;
  /** RunWaiting only: until when it waits, milliseconds since 1970. */
  readonly until?: number;
}

export type TimelineKind = 'queued' | 'working' | 'waiting' | 'idle';

export interface TimelineSegment {
  readonly kind: TimelineKind;
  readonly from: number;
  readonly to: number;
  readonly attempt: number;
  /** In the timeline's own units. */
  readonly x: number;
  readonly width: number;
}

export interface Timeline {
  readonly start: number;
  readonly end: number;
  readonly segments: readonly TimelineSegment[];
  /** Where a further attempt begins. */
  readonly attempts: readonly { readonly attempt: number; readonly x: number }[];
}

export const TIMELINE_WIDTH = 800;
const ENDS = new Set(['RunCompleted', 'RunFailed', 'RunAborted']);

/**
 * Folds a run's lifecycle events, oldest first, into the strip from asked to ended: in the queue, working,
 * waiting for something outside, and the dead time between two attempts. A run that goes on ends at `now`.
 */
export function timelineOf(events: readonly TimelineEvent[], now: number): Timeline | null {
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
    // A wait is over when it said so, or when the run went on before that.
    if (kind === 'waiting' && waitEnds < event.at) {
      close(waitEnds);
      kind = 'working';
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
