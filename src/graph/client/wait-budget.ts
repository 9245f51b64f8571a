/**
 * The total time that a caller's calls may wait for Graph. Waits that overlap count once: ten requests that wait
 * for the same minute cost one minute.
 */
export interface WaitBudget {
  /**
   * Takes a wait from now until then (both monotonic) from the budget. `counted_before` means that earlier waits include
   * it.
   */
  spend(nowMs: number, untilMs: number): 'spent' | 'counted_before' | 'refused';
  /** Whether `spend` would not refuse. */
  affords(nowMs: number, untilMs: number): boolean;
  remainingMs(): number;
}

export function createWaitBudget(totalMs: number): WaitBudget {
  let remainingMs = totalMs;
  let countedUntilMs = Number.NEGATIVE_INFINITY;
  const costOf = (nowMs: number, untilMs: number) => untilMs - Math.max(nowMs, countedUntilMs);
  return {
    affords: (nowMs, untilMs) => costOf(nowMs, untilMs) <= remainingMs,
    spend(nowMs, untilMs) {
      const costMs = costOf(nowMs, untilMs);
      if (costMs <= 0) return 'counted_before';
      if (costMs > remainingMs) return 'refused';
      remainingMs -= costMs;
      countedUntilMs = untilMs;
      return 'spent';
    },
    remainingMs: () => remainingMs,
  };
}
