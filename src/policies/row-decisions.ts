import type { JsonObject } from '../ledger/canonical-json.js';
import type { RowDecisions } from './catalogue/policy-type.js';
import { NOTE_PREFIX } from './comparable-form.js';

/** Holds the name by which a decision is found in another list; it becomes a part of the path. */
export const KEY_NOTE = `${NOTE_PREFIX}key`;

/** Holds the name of what a decision is about, for people. */
export const TITLE_NOTE = `${NOTE_PREFIX}title`;

/** The decisions about the rows of a list, each with its key; rows that nobody decided about are left out. */
export function decidedRows(
  decisions: RowDecisions,
  rows: readonly JsonObject[],
  policy: JsonObject,
): readonly JsonObject[] {
  return rows.flatMap((row) => {
    const decided = decisions.of(row, policy);
    return decided === null
      ? []
      : [
          {
            [KEY_NOTE]: decisions.keyOf(row),
            [TITLE_NOTE]: decisions.labelOf(row) ?? decisions.keyOf(row),
            ...decided,
          },
        ];
  });
}

/**
 * The rows that a later list still has. The service takes a row out when no device needs it any more, so a decision
 * about it that is gone with the row is no decision of a person.
 */
export function rowsStillListed(
  { keyOf, listedByService }: RowDecisions,
  rows: readonly JsonObject[],
  later: readonly JsonObject[],
): readonly JsonObject[] {
  if (!listedByService) return rows;
  const listed = new Set(later.map(keyOf));
  return rows.filter((row) => listed.has(keyOf(row)));
}
