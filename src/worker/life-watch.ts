import type { Clock } from '../clock.js';
import type { Liveness } from './liveness.js';

/** Which start of which run is watched. */
export interface Watched {
  readonly tenantId: string;
  readonly runId: string;
  readonly attempt: number;
}

/** Tells which runs have lost their worker. One a process, shared by its watchdog and its worker. */
export interface LifeWatch {
  /**
   * Proves that signs of life can be written. When they can't, or when nobody checked for a whole limit (this
   * process was frozen), silence means nothing and watching begins anew. Errors: those of the database.
   */
  check(): Promise<void>;
  /** Milliseconds for which the run's last sign has stood still under this process's eyes. */
  silentMs(run: Watched): Promise<number>;
  /** Whether that is long enough to take the run from its worker. */
  isLost(silentMs: number): boolean;
}

interface Observation {
  readonly sign: string;
  readonly sinceMs: number;
  askedMs: number;
}

/** Observations that nobody has asked about for this many limits are dropped. */
const FORGOTTEN_AFTER_LIMITS = 4;

/** Watches signs of life on this process's own monotonic clock. `lostAfterMs`: silence that means death. */
export function createLifeWatch(
  deps: { readonly liveness: Liveness; readonly clock: Clock },
  lostAfterMs: number,
): LifeWatch {
  const { liveness, clock } = deps;
  const observed = new Map<string, Observation>();
  let checkedMs: number | undefined;

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
    for (const [key, { askedMs: last }] of observed)
      if (askedMs - last > lostAfterMs * FORGOTTEN_AFTER_LIMITS) observed.delete(key);
    checkedMs = clock.monotonicMs();
  }

  const isFresh = (nowMs: number): boolean => checkedMs !== undefined && nowMs - checkedMs <= lostAfterMs;

  async function silentMs(run: Watched): Promise<number> {
    const askedMs = clock.monotonicMs();
    const sign = (await liveness.lastSign(run.tenantId, run.runId)) ?? '';
    if (!isFresh(askedMs)) return 0;
    const key = `${run.runId}#${run.attempt}`;
    const known = observed.get(key);
    if (known?.sign === sign) {
      known.askedMs = askedMs;
      return Math.max(0, askedMs - known.sinceMs);
    }
    observed.set(key, { sign, sinceMs: clock.monotonicMs(), askedMs });
    return 0;
  }

  return { check, silentMs, isLost: (silent) => silent > lostAfterMs };
}
