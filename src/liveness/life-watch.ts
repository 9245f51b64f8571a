import type { Clock } from '../clock.js';
import { attemptKey, type Liveness, type RunName } from './liveness.js';

/** The run and the attempt that are watched. */
export interface Watched extends RunName {
  readonly attempt: number;
}

/** Tells which runs have lost their worker. Each process has one, shared by its watchdog and its worker. */
export interface LifeWatch {
  /**
   * Checks that signs of life can be written. When they can't, or when this process didn't check for longer than the
   * limit (it was frozen), silence means nothing and watching starts again. So callers that go through many runs
   * must check repeatedly. Errors: those of the database.
   */
  check(): Promise<void>;
  /** As `silentMs`, for many runs at once, in the same order. */
  silencesMs(runs: readonly Watched[]): Promise<readonly number[]>;
  /** Tells all processes for how long this process has seen the run's sign unchanged. */
  recordSilence(run: Watched, silentMs: number): Promise<void>;
  /** The watchdog calls it after it has checked every run; observations that nobody asks about any more are dropped. */
  endPass(): void;
  /** For how many milliseconds this process has seen the run's last sign unchanged. */
  silentMs(run: Watched): Promise<number>;
}

interface Observation {
  readonly sign: string;
  readonly sinceMs: number;
  askedMs: number;
}

/** Observations are dropped when nobody has asked about them for this many times `lostAfterMs` and for a whole pass. */
const FORGOTTEN_AFTER_LIMITS = 4;

/**
 * Watches signs of life on this process's own monotonic clock. `lostAfterMs`: a worker that is silent for longer
 * counts as gone.
 */
export function createLifeWatch(
  deps: { readonly liveness: Liveness; readonly clock: Clock },
  lostAfterMs: number,
): LifeWatch {
  const { liveness, clock } = deps;
  const observed = new Map<string, Observation>();
  let checkedMs: number | undefined;
  let lastPassMs = Number.NEGATIVE_INFINITY;

  async function check(): Promise<void> {
    const askedMs = clock.monotonicMs();
    try {
      await liveness.probe();
    } catch (error) {
      checkedMs = undefined;
      observed.clear();
      throw error;
    }
    if (!isFresh(askedMs)) observed.clear();
    checkedMs = clock.monotonicMs();
  }

  function endPass(): void {
    const nowMs = clock.monotonicMs();
    const keepSinceMs = Math.min(lastPassMs, nowMs - lostAfterMs * FORGOTTEN_AFTER_LIMITS);
    for (const [key, { askedMs }] of observed) if (askedMs < keepSinceMs) observed.delete(key);
    lastPassMs = nowMs;
  }

  const isFresh = (nowMs: number): boolean => checkedMs !== undefined && nowMs - checkedMs <= lostAfterMs;

  async function silencesMs(runs: readonly Watched[]): Promise<readonly number[]> {
    if (runs.length === 0) return [];
    const askedMs = clock.monotonicMs();
    const signs = await liveness.lastSigns(runs);
    if (!isFresh(askedMs)) return runs.map(() => 0);
    return runs.map((run) => silence(run, signs.get(run.runId) ?? '', askedMs));
  }

  function silence(run: Watched, sign: string, askedMs: number): number {
    const key = attemptKey(run);
    const known = observed.get(key);
    if (known?.sign === sign) {
      known.askedMs = askedMs;
      return Math.max(0, askedMs - known.sinceMs);
    }
    observed.set(key, { sign, sinceMs: clock.monotonicMs(), askedMs });
    return 0;
  }

  async function recordSilence(run: Watched, silentMs: number): Promise<void> {
    const sign = observed.get(attemptKey(run))?.sign;
    const { tenantId, runId, attempt } = run;
    if (sign !== undefined) await liveness.recordSilence({ tenantId, runId, attempt, sign, silentMs });
  }

  return {
    check,
    recordSilence,
    silencesMs,
    endPass,
    silentMs: async (run) => (await silencesMs([run]))[0] ?? 0,
  };
}
