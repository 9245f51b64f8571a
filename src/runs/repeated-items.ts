/**
 * An item with the same outcome as in an earlier run is recorded only once. The later run refers to the run that
 * recorded it and to its ordinal there, in ranges. The two runs may belong to different operations, such as a comparison
 * and the inventory that it compared. A reference names the run that recorded the item, never one that repeats it, so that one
 * look-up is enough.
 */

/** Where an item was recorded: the run and the item's ordinal there, counted from 1. */
export interface ItemOrigin {
  readonly runId: string;
  readonly ordinal: number;
}

/** Items of one run as ranges of ordinals; each range is its first and last ordinal. */
export interface RepeatedFrom {
  readonly runId: string;
  readonly ordinals: readonly (readonly [first: number, last: number])[];
}

/** One text for an origin, for use in maps and sets. */
export const originKey = ({ runId, ordinal }: ItemOrigin): string => `${runId} ${ordinal}`;

/** Combines items into ranges, ordered by the run that recorded them and then by ordinal. */
export function rangesOf(origins: readonly ItemOrigin[]): readonly RepeatedFrom[] {
  const byRun = new Map<string, number[]>();
  for (const { runId, ordinal } of origins) byRun.set(runId, [...(byRun.get(runId) ?? []), ordinal]);
  return [...byRun].map(([runId, ordinals]) => ({ runId, ordinals: toRanges(ordinals) }));
}

function toRanges(ordinals: readonly number[]): [number, number][] {
  const ranges: [number, number][] = [];
  for (const ordinal of [...ordinals].sort((one, other) => one - other)) {
    const lastRange = ranges.at(-1);
    if (lastRange && lastRange[1] === ordinal - 1) lastRange[1] = ordinal;
    else ranges.push([ordinal, ordinal]);
  }
  return ranges;
}

/** Yields the items of ranges one by one, in the order in which the repeating run counts them. */
export function* originsOf(repeated: readonly RepeatedFrom[]): Generator<ItemOrigin> {
  for (const { runId, ordinals } of repeated)
    for (const [first, last] of ordinals)
      for (let ordinal = first; ordinal <= last; ordinal++) yield { runId, ordinal };
}
