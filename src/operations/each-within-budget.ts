import type { RunHandle } from './run-handle.js';

/**
 * Yields what `open` yields, each within the item budget; what is still under way when that ends, well or not, is
 * told by its signal. Errors: ItemBudgetSpent where one doesn't come in time; those of the iteration.
 */
export async function* eachWithinBudget<Item>(
  run: Pick<RunHandle, 'signal' | 'withinItemBudget'>,
  open: (signal: AbortSignal) => AsyncIterable<Item>,
): AsyncGenerator<Item> {
  const left = new AbortController();
  const items = open(AbortSignal.any([run.signal, left.signal]))[Symbol.asyncIterator]();
  try {
    for (;;) {
      const next = await run.withinItemBudget(() => items.next());
      if (next.done) return;
      yield next.value;
    }
  } finally {
    left.abort();
  }
}
