import type { Json } from '../../../ledger/canonical-json.js';

/** The text that a value is compared by, or null when nothing is set. */
export type Key = string | null;

interface Gathered {
  readonly unordered: Key[];
  readonly lists: (readonly Key[])[];
  present: boolean;
}

/** Settings and lists of objects of a policy by their place, as rules 3 compared them. */
export interface Flat3 {
  readonly settings: Map<string, Gathered>;
  readonly groups: Map<string, Gathered>;
}

/** What was gathered at a place; an empty entry is added where there was none. */
export function at(map: Map<string, Gathered>, place: string): Gathered {
  const found = map.get(place) ?? { unordered: [], lists: [], present: false };
  map.set(place, found);
  return found;
}

/** What is set, by place, as the hash input has it. */
export function listed(map: ReadonlyMap<string, Gathered>): Json[] {
  return [...map]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .filter(([, { unordered, lists, present }]) => present || [...unordered, ...lists.flat()].some(isSet))
    .map(([place, gathered]): Json => [place, [...comparedKeys(gathered)]]);
}

/** A single ordered list keeps its order. Several ordered lists at one place become its values, each as one text. */
function comparedKeys({ unordered, lists }: Gathered): readonly Key[] {
  const [only] = lists;
  // An empty line between two others counts, because it is part of their order.
  if (only && lists.length === 1 && unordered.length === 0) return only.some(isSet) ? only : [];
  return [...unordered, ...lists.map(joined)].filter(isSet).sort();
}

const joined = (list: readonly Key[]): Key => (list.some(isSet) ? `[${list.join(',')}]` : null);
const isSet = (key: Key): key is string => key !== null;
