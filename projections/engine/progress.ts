import type { Clock } from '../../src/clock.js';

export type ProjectorState =
  | 'stopped'
  | 'starting'
  | 'building'
  | 'leading'
  | 'standby'
  | 'paused'
  | 'retrying'
  | 'refused';

export interface ProjectorStatus {
  readonly state: ProjectorState;
  /** The log position up to which everything is in the rows; -1 before the first. */
  readonly position: number;
  /** Age of the oldest event that isn't applied yet; 0 when caught up, null before it is known. */
  readonly lagSeconds: number | null;
  /** Whether the rows contained everything in the log at the last check. */
  readonly caughtUp: boolean;
  /** Why the projection is paused, and at which event (`stream@revision`). It tries again by itself. */
  readonly paused?: { readonly reason: string; readonly event: string | null };
  /** The failure that is being retried, or the reason of a final refusal. */
  readonly trouble?: string;
  /** How far the new rows are while they are being built. */
  readonly building?: { readonly position: number; readonly head: number };
  /** When the position last moved or was confirmed to be the log's end, milliseconds since 1970. */
  readonly lastProgressAt: number | null;
}

export interface WaitOptions {
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

/** Details that belong to a state. */
type StateDetails = Pick<ProjectorStatus, 'paused' | 'trouble' | 'building'>;

/** A projector's status, which others can wait on. */
export interface Progress {
  status(): ProjectorStatus;
  /** How many times anything was applied or confirmed; it shows whether a retry made progress. */
  advances(): number;
  enter(state: ProjectorState, details?: StateDetails): void;
  applied(position: number): void;
  caughtUp(): void;
  /** Notes that the log may hold unknown events, because the subscription has begun or was interrupted. */
  behind(): void;
  /** Takes over the status that the leader has written; used while standing by. */
  leaderReported(position: number, caughtUp: boolean, lagMs: number): void;
  /** Sets the function that says since when the oldest waiting event has been in the log, on the monotonic clock. */
  watch(oldestSinceMs: () => number | undefined): void;
  waitUntil(condition: (status: ProjectorStatus) => boolean, options: WaitOptions): Promise<boolean>;
}

export function createProgress(clock: Clock): Progress {
  let state: ProjectorState = 'stopped';
  let details: StateDetails = {};
  let position = -1;
  let isCaughtUp = false;
  let lastProgressAt: number | null = null;
  /** Since when events that weren't applied may be in the log, on the monotonic clock. */
  let behindSinceMs: number | undefined;
  let leaderLagMs = 0;
  let advances = 0;
  let oldestSinceMs: () => number | undefined = () => undefined;
  const waiters = new Set<() => void>();
  const notify = () => {
    for (const check of [...waiters]) check();
  };

  function moveTo(next: number): void {
    position = next;
    lastProgressAt = clock.now();
    advances += 1;
    notify();
  }

  function lagMs(): number | null {
    const oldest = oldestSinceMs();
    if (oldest !== undefined) return Math.max(0, clock.monotonicMs() - oldest);
    if (isCaughtUp) return 0;
    if (state === 'standby') return leaderLagMs;
    return behindSinceMs === undefined ? null : clock.monotonicMs() - behindSinceMs;
  }

  function status(): ProjectorStatus {
    const lag = lagMs();
    const lagSeconds = lag === null ? null : lag / 1000;
    const caughtUp = isCaughtUp && oldestSinceMs() === undefined;
    return { state, position, lagSeconds, caughtUp, lastProgressAt, ...details };
  }

  return {
    status,
    advances: () => advances,
    enter(next, given = {}) {
      state = next;
      details = given;
      notify();
    },
    applied: moveTo,
    caughtUp() {
      isCaughtUp = true;
      behindSinceMs = undefined;
      lastProgressAt = clock.now();
      advances += 1;
      notify();
    },
    behind() {
      isCaughtUp = false;
      behindSinceMs ??= clock.monotonicMs();
      notify();
    },
    leaderReported(leaderPosition, leaderCaughtUp, leaderLag) {
      isCaughtUp = leaderCaughtUp;
      leaderLagMs = leaderLag;
      if (leaderPosition !== position) moveTo(leaderPosition);
    },
    watch(source) {
      oldestSinceMs = source;
    },
    async waitUntil(condition, { timeoutMs, signal }) {
      if (condition(status())) return true;
      const done = new AbortController();
      const giveUp = signal ? AbortSignal.any([done.signal, signal]) : done.signal;
      const check = () => {
        if (condition(status())) done.abort();
      };
      waiters.add(check);
      await clock.sleep(timeoutMs, giveUp);
      waiters.delete(check);
      return done.signal.aborted;
    },
  };
}
