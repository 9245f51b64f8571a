import type { Clock } from '../clock.js';
import { ItemBudgetSpent } from '../operations/define.js';

/** Ends the clock's wait. A reason of our own spares the making of an AbortError that nobody sees. */
const OVER = 'over';

/**
 * Does an item's work for as long as its budget lasts. After that the work's signal aborts, and work that ignores it is
 * not waited for. Errors: ItemBudgetSpent; those of the work.
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
  const over = new AbortController();
  const runAborts = () => item.abort(signal.reason);
  signal.addEventListener('abort', runAborts, { once: true });
  if (signal.aborted) runAborts();
  const spent = new Promise<never>((_, reject) => {
    void clock.sleep(budgetMs, over.signal).then(() => {
      if (over.signal.aborted) return;
      const why = new ItemBudgetSpent(budgetMs);
      item.abort(why);
      reject(why);
    });
  });
  const working = work(item.signal);
  // What comes of it after its time is nobody's any more.
  working.catch(() => undefined);
  try {
    return await Promise.race([working, spent]);
  } finally {
    over.abort(OVER);
    signal.removeEventListener('abort', runAborts);
  }
}
