import type { Clock } from '../clock.js';
import { ItemBudgetSpent } from '../operations/budgets.js';
import { later } from '../timing/later.js';

/**
 * Does an item's work within its time budget. When the budget is spent, the work's signal aborts, and work that
 * ignores it is not waited for. Errors: ItemBudgetSpent; those of the work.
 */
export async function withinItemBudget<Result>(
  {
    clock,
    signal,
    budgetMs,
  }: { readonly clock: Clock; readonly signal: AbortSignal; readonly budgetMs: number },
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const item = new AbortController();
  const runAborts = () => item.abort(signal.reason);
  signal.addEventListener('abort', runAborts, { once: true });
  if (signal.aborted) runAborts();
  let cancelTimer: () => void = () => undefined;
  const spent = new Promise<never>((_, reject) => {
    cancelTimer = later(clock, budgetMs, () => {
      const why = new ItemBudgetSpent(budgetMs);
      item.abort(why);
      reject(why);
    });
  });
  const working = (async () => work(item.signal))();
  // Late results and errors of the work are ignored.
  working.catch(() => undefined);
  try {
    return await Promise.race([working, spent]);
  } finally {
    cancelTimer();
    signal.removeEventListener('abort', runAborts);
  }
}
