/**
 * For how long to put off commands of a tenant that has enough waiting here already. Each is sent away until about
 * when its turn will come, judged by how long handlers take: put off too shortly, a flood would be fetched over
 * and over and hide everybody behind it; too long, slots would stand idle. Pure.
 */
import type { ConsumeLimits } from '../command-bus.js';

/** Assumed until the first handlers have ended. */
const assumedHandlingMs = 50;
const delayMinMs = 10;
/** Also how long slots may stand idle at worst, when handlers suddenly take far less time than before. */
const delayMaxMs = 300_000;
/** Commands come back twice as fast as they are expected to be needed: a second detour beats an idle slot. */
const hurry = 0.5;
/** The share of the newest duration in the average. */
const newestShare = 0.1;
const tenantsBeforeSweep = 10_000;

export interface SurplusSchedule {
  /** When the tenant's next surplus command should come back, in ms from now. `ahead` of it wait here. */
  delayMs(nowMs: number, tenantId: string, type: string, ahead: number): number;
  /** A handler of this type has ended. */
  note(type: string, handlingMs: number): void;
}

export function createSurplusSchedule(limits: ConsumeLimits): SurplusSchedule {
  const handlingMsByType = new Map<string, number>();
  /** When the surplus command that was put off last is due, by type and tenant. */
  const lastDueMs = new Map<string, number>();
  let sweepAt = tenantsBeforeSweep;

  function stepMs(type: string): number {
    const ofType = Object.hasOwn(limits.perType, type) ? limits.perType[type] : undefined;
    const slots = Math.min(limits.total, limits.perTenant, ofType ?? limits.total);
    return (hurry * (handlingMsByType.get(type) ?? assumedHandlingMs)) / slots;
  }

  function sweep(nowMs: number): void {
    if (lastDueMs.size < sweepAt) return;
    for (const [key, dueMs] of lastDueMs) {
      if (dueMs <= nowMs) lastDueMs.delete(key);
    }
    sweepAt = Math.max(tenantsBeforeSweep, 2 * lastDueMs.size);
  }

  return {
    delayMs(nowMs, tenantId, type, ahead) {
      sweep(nowMs);
      const key = `${type} ${tenantId}`;
      const step = stepMs(type);
      const soonest = nowMs + Math.max(delayMinMs, ahead * step);
      const dueMs = Math.max(soonest, (lastDueMs.get(key) ?? 0) + step);
      // A flood longer than the longest delay begins again at the front, which spreads it over the whole span.
      const delay = dueMs - nowMs > delayMaxMs ? soonest - nowMs : dueMs - nowMs;
      lastDueMs.set(key, nowMs + delay);
      return delay;
    },
    note(type, handlingMs) {
      const average = handlingMsByType.get(type);
      handlingMsByType.set(
        type,
        average === undefined ? handlingMs : average + newestShare * (handlingMs - average),
      );
    },
  };
}
