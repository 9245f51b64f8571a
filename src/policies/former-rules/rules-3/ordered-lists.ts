/** Names of lists whose order has a meaning. */
const ORDERED_LISTS: ReadonlySet<string> = new Set([
  'homeScreenPages',
  'homeScreenDockIcons',
  'icons',
  'pages',
  'selectedMobileAppIds',
]);

const ORDERED_ENDING =
  /(?:ciphersuites?|cipherorder|suiteorder|curves?|curvecryptography|curveorder|(?<!ob)servers?|serverlist|serveraddresses|(?:search|sort|suite|preference|fallback|boot|server|suffix)order|priorit(?:y|ies)|prioritylist|precedence|dnssuffix(?:es)?|dnssuffixsearchorder|suffixsearchlist)$/;

/** Whether rules 3 compared a list in its order. */
export function isOrderedList(name: string, parent: string | null = null): boolean {
  if (parent === 'presentationValues' && name === 'values') return true;
  if (parent !== null && name === 'apps') return true;
  return ORDERED_LISTS.has(name) || ORDERED_ENDING.test(name.toLowerCase().replace(/[^a-z0-9]/g, ''));
}
