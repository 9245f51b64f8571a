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
type Why = Pick<ProjectorStatus, 'paused' | 'trouble' | 'building'>;

/** A projector's status, which others can wait on. */
export interface Progress {
  status(): ProjectorStatus;
  /** How often anything was applied or confirmed; it shows whether a retry made progress. */
  advances(): number;
  enter(state: ProjectorState, why?: Why): void;
  applied(position: number): void;
  caughtUp(): void;
  /** Notes that the log may hold events that aren't known yet: the subscription has begun or was interrupted. */
  behind(): void;
  /** Takes over the status that the leader has written; used while standing by. */
  heard(position: number, caughtUp: boolean, lagMs: number): void;
  /** Sets the function that says since when the oldest waiting event has been in the log, on the monotonic clock. */
  watch(oldestSinceMs: () => number | undefined): void;
  waitUntil(condition: (status: ProjectorStatus) => boolean, options: WaitOptions): Promise<boolean>;
}

export function createProgress(clock: Clock): Progress {
  let state: ProjectorState = 'stopped';
  let why: Why = {};
  let position = -1;
  let isCaughtUp = false;
  let lastProgressAt: number | null = null;
  /** Since when events that weren't applied may be in the log, on the monotonic clock. */
  let behindSinceMs: number | undefined;
  let heardLagMs = 0;
  let advances = 0;
  let oldestSinceMs: () => number | undefined = () => undefined;
  const waiters = new Set<() => void>();
  const tell = () => {
    for (const look of [...waiters]) look();
  };

  function moveTo(next: number): void {
    position = next;
    lastProgressAt = clock.now();
    advances += 1;
    tell();
  }

  function lagMs(): number | null {
    const oldest = oldestSinceMs();
    if (oldest !== undefined) return Math.max(0, clock.monotonicMs() - oldest);
    if (isCaughtUp) return 0;
    if (state === 'standby') return heardLagMs;
    return behindSinceMs === undefined ? null : clock.monotonicMs() - behindSinceMs;
  }

  function status(): ProjectorStatus {
    const lag = lagMs();
    const lagSeconds = lag === null ? null : lag / 1000;
    const caughtUp = isCaughtUp && oldestSinceMs() === undefined;
    return { state, position, lagSeconds, caughtUp, lastProgressAt, ...why };
  }

  return {
    status,
    advances: () => advances,
    enter(next, said = {}) {
      state = next;
      why = said;
      tell();
    },
    applied: moveTo,
    caughtUp() {
      isCaughtUp = true;
      behindSinceMs = undefined;
      lastProgressAt = clock.now();
      advances += 1;
      tell();
    },
    behind() {
      isCaughtUp = false;
      behindSinceMs ??= clock.monotonicMs();
      tell();
    },
    heard(heardPosition, heardCaughtUp, heardLag) {
      isCaughtUp = heardCaughtUp;
      heardLagMs = heardLag;
      if (heardPosition !== position) moveTo(heardPosition);
    },
    watch(source) {
      oldestSinceMs = source;
    },
    async waitUntil(condition, { timeoutMs, signal }) {
      if (condition(status())) return true;
      const done = new AbortController();
      const giveUp = signal ? AbortSignal.any([done.signal, signal]) : done.signal;
      const look = () => {
        if (condition(status())) done.abort();
      };
      waiters.add(look);
      await clock.sleep(timeoutMs, giveUp);
      waiters.delete(look);
      return done.signal.aborted;
    },
  };
}
