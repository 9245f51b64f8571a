import type { Clock } from '../../clock.js';

/** Intune's documented budgets, each a tenant's and application's share of a window of 20 seconds. */
export interface ThrottleLimits {
  readonly windowMs: number;
  readonly writesPerWindow: number;
  readonly readsPerWindow: number;
}

export const INTUNE_LIMITS: ThrottleLimits = Object.freeze({
  windowMs: 20_000,
  writesPerWindow: 100,
  readsPerWindow: 1000,
});

export interface ThrottleBudget {
  /** Null lets the request through and counts it; otherwise the seconds after which to try again. */
  spend(tenant: string, method: string): number | null;
}

/** Counts requests a tenant over a sliding window; a refused request costs nothing. */
export function createThrottleBudget(limits: ThrottleLimits, clock: Clock): ThrottleBudget {
  const spent = new Map<string, number[]>();
  return {
    spend(tenant, method) {
      const read = method === 'GET';
      const key = `${read ? 'read' : 'write'} ${tenant}`;
      const now = clock.monotonicMs();
      const times = (spent.get(key) ?? []).filter((time) => time > now - limits.windowMs);
      spent.set(key, times);
      if (times.length < (read ? limits.readsPerWindow : limits.writesPerWindow)) {
        times.push(now);
        return null;
      }
      return Math.max(1, Math.ceil(((times[0] ?? now) + limits.windowMs - now) / 1000));
    },
  };
}
