/**
 * Calculates how long to delay commands of a tenant that already has enough waiting here. Each command should come
 * back at the tenant's turn, estimated from the duration of handlers. If the delay is too short, the same commands
 * are fetched repeatedly and those behind them are not seen; if it is too long, slots stay idle. Pure.
 */
import type { ConsumeLimits } from '../command-bus.js';

/** Used until the first handlers have ended. */
const ASSUMED_HANDLING_MS = 50;
const DELAY_MIN_MS = 10;
/** This is also the longest time that slots may be idle when handlers suddenly become much faster. */
const DELAY_MAX_MS = 300_000;
/** Commands come back in half the estimated time, because fetching one twice is better than an idle slot. */
const RETURN_EARLY_FACTOR = 0.5;
/** The weight of the newest duration in the average. */
const NEWEST_WEIGHT = 0.1;
const TENANTS_BEFORE_SWEEP = 10_000;

export interface SurplusSchedule {
  /** The delay of the tenant's next surplus command in ms. `ahead` is the number of its commands that wait here. */
  delayMs(nowMs: number, tenantId: string, type: string, ahead: number): number;
  /** Reports that a handler of this type has ended. */
  note(type: string, handlingMs: number): void;
}

/** Spreads the returns of commands for which a tenant has no slot, so that they come back about when one is free. */
export function createSurplusSchedule(limits: ConsumeLimits): SurplusSchedule {
  const handlingMsByType = new Map<string, number>();
  /** When the last delayed command will come back, by type and tenant. */
  const lastDueMs = new Map<string, number>();
  let sweepAt = TENANTS_BEFORE_SWEEP;

  function stepMs(type: string): number {
    const ofType = Object.hasOwn(limits.perType, type) ? limits.perType[type] : undefined;
    const slots = Math.min(limits.total, limits.perTenant, ofType ?? limits.total);
    return (RETURN_EARLY_FACTOR * (handlingMsByType.get(type) ?? ASSUMED_HANDLING_MS)) / slots;
  }

  function sweep(nowMs: number): void {
    if (lastDueMs.size < sweepAt) return;
    for (const [key, dueMs] of lastDueMs) {
      if (dueMs <= nowMs) lastDueMs.delete(key);
    }
    sweepAt = Math.max(TENANTS_BEFORE_SWEEP, 2 * lastDueMs.size);
  }

  return {
    delayMs(nowMs, tenantId, type, ahead) {
      sweep(nowMs);
      const key = `${type} ${tenantId}`;
      const step = stepMs(type);
      const soonest = nowMs + Math.max(DELAY_MIN_MS, ahead * step);
      const dueMs = Math.max(soonest, (lastDueMs.get(key) ?? 0) + step);
      // Delays beyond the longest one start again at the shortest, so that a large flood is spread over the whole time.
      const delay = dueMs - nowMs > DELAY_MAX_MS ? soonest - nowMs : dueMs - nowMs;
      lastDueMs.set(key, nowMs + delay);
      return delay;
    },
    note(type, handlingMs) {
      const average = handlingMsByType.get(type);
      handlingMsByType.set(
        type,
        average === undefined ? handlingMs : average + NEWEST_WEIGHT * (handlingMs - average),
      );
    },
  };
}
