/** Divides entries, in their order, into lists of at most `size` entries. */
export function batchesOf<Entry>(entries: readonly Entry[], size: number): Entry[][] {
  const batches: Entry[][] = [];
  for (let from = 0; from < entries.length; from += size) batches.push(entries.slice(from, from + size));
  return batches;
}
