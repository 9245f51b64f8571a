/**
 * How long a caller is willing to wait for Graph, all its calls together. Waits that overlap are paid once: ten
 * requests that are told to come back in a minute cost a minute.
 */
export interface WaitBudget {
  /** Pays for a wait from now until then (both monotonic). `covered` means that it was paid for already. */
  pay(nowMs: number, untilMs: number): 'paid' | 'covered' | 'refused';
  remainingMs(): number;
}

export function createWaitBudget(totalMs: number): WaitBudget {
  let remainingMs = totalMs;
  let paidUntilMs = Number.NEGATIVE_INFINITY;
  return {
    pay(nowMs, untilMs) {
      const costMs = untilMs - Math.max(nowMs, paidUntilMs);
      if (costMs <= 0) return 'covered';
      if (costMs > remainingMs) return 'refused';
      remainingMs -= costMs;
      paidUntilMs = untilMs;
      return 'paid';
    },
    remainingMs: () => remainingMs,
  };
}
