import { findInAddresses } from './address-rules.js';
import { findAfterWords } from './after-words.js';
import { findInAlignedTables } from './aligned-tables.js';
import { findInCalls, findInSql } from './call-arguments.js';
import { findInClauses } from './clause-values.js';
import { findCodesBesideNames } from './codes-beside-names.js';
import { findInCommandLines } from './command-line.js';
import {
  findBelowNames,
  findDescribedValues,
  findInFormParts,
  findInNestedElements,
} from './described-values.js';
import { findInDeviceConfigurations } from './device-configuration.js';
import { findEncoded } from './encoded.js';
import { findRandom } from './entropy.js';
import { findNamedSecrets } from './key-value.js';
import { findNearWords } from './near-words.js';
import { findInNestedMappings } from './nested-mappings.js';
import { findInPasswordLists } from './password-lists.js';
import { findKnownForms } from './pattern-rules.js';
import { findPersonal } from './personal-rules.js';
import { findInPropertyLists } from './property-lists.js';
import { findInBlocks } from './secret-blocks.js';
import { MARK_STAND_IN, type Span } from './span.js';
import { findStatedSecrets } from './stated-secrets.js';
import { findInTables } from './table-rules.js';
import { type View, viewsOf } from './view.js';

/** Base64 is decoded up to three layers deep; a fourth layer is random enough to be removed as it is. */
const NESTING_MAX = 3;

/**
 * Lists everything that a rule removes from a clean text, in positions of that text. Every rule reads every view (as
 * written, unescaped, lines joined). `redact` handles overlaps.
 */
export function findSecrets(text: string, nameBefore = ''): readonly Span[] {
  return findNested(text, nameBefore, { nesting: 0, charactersLeft: text.length * 8 + 4096 });
}

/** The depth of nested encodings that a search has reached, and how many decoded characters it may still read. */
interface Search {
  readonly nesting: number;
  charactersLeft: number;
}

function findNested(text: string, nameBefore: string, search: Search): readonly Span[] {
  const spans: Span[] = [];
  for (const view of viewsOf(text)) {
    const add = (span: Span) => {
      if (span.end > span.start) spans.push(toOriginal(view, span));
    };
    findKnownForms(view.text, add);
    findAfterWords(view.text, add);
    findStatedSecrets(view.text, add);
    findNearWords(view.text, add);
    findInClauses(view.text, add);
    findCodesBesideNames(view.text, add);
    findNamedSecrets(view.text, add);
    findDescribedValues(view.text, add);
    findInFormParts(view.text, add);
    if (view.text.includes('\n')) findBelowNames(view.text, add);
    if (view.text.includes('\n')) findInNestedMappings(view.text, add);
    if (view.text.includes('<')) findInNestedElements(view.text, add);
    if (view.text.includes('<')) findInPropertyLists(view.text, add);
    findInCalls(view.text, add);
    findInSql(view.text, add);
    findInAddresses(view.text, add);
    findPersonal(view.text, add);
    findInCommandLines(view.text, add);
    findInDeviceConfigurations(view.text, add);
    findInPasswordLists(view.text, add);
    findInTables(view.text, add);
    if (/\n| {2}/.test(view.text)) findInAlignedTables(view.text, add);
    findInBlocks(view.text, add);
    findRandom(view.text, nameBefore, add);
    if (search.nesting < NESTING_MAX) findEncoded(view.text, (decoded) => holdsSecret(decoded, search), add);
  }
  return spans.filter((span) => !isStandIn(text, span));
}

function toOriginal(view: View, span: Span): Span {
  if (!view.origin) return span;
  return {
    start: view.origin[span.start] as number,
    end: view.origin[span.end] as number,
    rule: span.rule,
  };
}

function isStandIn(text: string, span: Span): boolean {
  for (let i = span.start; i < span.end; i++) if (text.charAt(i) !== MARK_STAND_IN) return false;
  return true;
}

function holdsSecret(decoded: string, search: Search): boolean {
  search.charactersLeft -= decoded.length;
  // A text that is nested so often that reading it costs too much is removed.
  if (search.charactersLeft < 0) return true;
  const deeper = { nesting: search.nesting + 1, charactersLeft: search.charactersLeft };
  const found = findNested(decoded, '', deeper).length > 0;
  search.charactersLeft = deeper.charactersLeft;
  return found;
}
