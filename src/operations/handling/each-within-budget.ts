import type { RunHandle } from '../run-handle.js';

/**
 * Yields what `open` yields and gives each entry the item budget. When the iteration ends or throws, the signal
 * given to `open` aborts, so that work still under way stops. Errors: ItemBudgetSpent when an entry doesn't come
 * in time; those of the iteration.
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
