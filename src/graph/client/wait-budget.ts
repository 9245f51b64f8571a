/**
 * The total time that a caller's calls may wait for Graph. Waits that overlap count once: ten requests that wait
 * for the same minute cost one minute.
 */
export interface WaitBudget {
  /**
   * Takes a wait from now until then (both monotonic) from the budget. `covered` means that earlier waits include
   * it.
   */
  pay(nowMs: number, untilMs: number): 'paid' | 'covered' | 'refused';
  /** Whether `pay` would not refuse. */
  affords(nowMs: number, untilMs: number): boolean;
  remainingMs(): number;
}

export function createWaitBudget(totalMs: number): WaitBudget {
  let remainingMs = totalMs;
  let paidUntilMs = Number.NEGATIVE_INFINITY;
  const costOf = (nowMs: number, untilMs: number) => untilMs - Math.max(nowMs, paidUntilMs);
  return {
    affords: (nowMs, untilMs) => costOf(nowMs, untilMs) <= remainingMs,
    pay(nowMs, untilMs) {
      const costMs = costOf(nowMs, untilMs);
      if (costMs <= 0) return 'covered';
      if (costMs > remainingMs) return 'refused';
      remainingMs -= costMs;
      paidUntilMs = untilMs;
      return 'paid';
    },
    remainingMs: () => remainingMs,
  };
}
