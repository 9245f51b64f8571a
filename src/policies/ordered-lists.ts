import { POLICY_TYPES } from './catalogue/policy-types.js';

const ORDERED_NAMES = POLICY_TYPES.flatMap(({ orderedLists }) => orderedLists);
/** Names of lists whose order has a meaning. */
const ORDERED_LISTS: ReadonlySet<string> = new Set(ORDERED_NAMES.filter((name) => !name.startsWith('*')));
/** Names of lists whose order has a meaning only inside another object. */
const ORDERED_INSIDE: ReadonlySet<string> = new Set(
  ORDERED_NAMES.filter((name) => name.startsWith('*')).map((name) => name.slice(1)),
);

/** Endings of names, in lower case without separators, of lists whose first entry is preferred to the next. */
const ORDERED_ENDING =
  /(?:ciphersuites?|cipherorder|suiteorder|curves?|curvecryptography|curveorder|(?<!ob)servers?|serverlist|serveraddresses|(?:search|sort|suite|preference|fallback|boot|server|suffix)order|priorit(?:y|ies)|prioritylist|precedence|dnssuffix(?:es)?|dnssuffixsearchorder|suffixsearchlist|ondemandrules|assetcachemanagedparents|preferredkdcs)$/;

/** Fields of administrative templates that hold the lines of a multi-text or list box. */
const PRESENTATION_VALUES = 'presentationValues';

/**
 * Whether the order of a list has a meaning; every other list is a set. `name` is its field or the id of its
 * setting definition, `parent` the field that holds the surrounding object.
 */
export function isOrderedList(name: string, parent: string | null = null): boolean {
  if (parent === PRESENTATION_VALUES && name === 'values') return true;
  if (parent !== null && ORDERED_INSIDE.has(name)) return true;
  let ordered = known.get(name);
  if (ordered === undefined) {
    ordered = ORDERED_LISTS.has(name) || ORDERED_ENDING.test(name.toLowerCase().replace(/[^a-z0-9]/g, ''));
    if (known.size >= KNOWN_MAX) known.clear();
    known.set(name, ordered);
  }
  return ordered;
}

/** A cache, because the same few thousand names are looked up again and again. */
const known = new Map<string, boolean>();
const KNOWN_MAX = 10_000;
