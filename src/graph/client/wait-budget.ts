/**
 * How long a caller is willing to wait for Graph, all its calls together. Waits that overlap are paid once: ten
 * requests that are told to come back in a minute cost a minute.
 */
export interface WaitBudget {
  /** Pays for a wait from now until then (both monotonic). `covered` means that it was paid for already. */
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
