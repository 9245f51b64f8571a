import { type DirectoryKind, ID_LENGTH_MAX } from '../entities/directory/directory.js';
import type { JsonObject } from '../ledger/canonical-json.js';
import { type DirectoryRow, type DirectoryRows, directoryKey, selectedFields } from './directory-object.js';

/** What a reading says about one thing so far. */
interface Change {
  readonly removed: boolean;
  readonly fields: DirectoryRow;
}

/** The changes of a reading, by key. */
export type DirectoryChanges = Map<string, Change>;

/**
 * Adds an entry of a reading. Entries of one id may repeat; later ones count more, and an entry holds only the fields
 * that changed. Returns false for an entry without a usable id.
 */
export function addEntry(changes: DirectoryChanges, kind: DirectoryKind, entry: JsonObject): boolean {
  if (typeof entry.id !== 'string' || entry.id === '' || entry.id.length > ID_LENGTH_MAX) return false;
  const key = directoryKey(entry.id);
  const before = changes.get(key)?.fields;
  const fields = { ...before, ...selectedFields(kind, entry) };
  changes.set(key, { removed: entry['@removed'] !== undefined, fields });
  return true;
}

/**
 * The rows after the changes. A reading of the whole leaves nothing of the rows before but the fields that it didn't
 * answer for things that are still there.
 */
export function rowsAfter(before: DirectoryRows, changes: DirectoryChanges, isWhole: boolean): DirectoryRows {
  const rows = new Map(isWhole ? [] : before);
  for (const [key, { removed, fields }] of changes)
    if (removed) rows.delete(key);
    else rows.set(key, { ...before.get(key), ...fields });
  return rows;
}

/** The ids of rows whose names no answer has contained. Graph answers null for a name that it withholds. */
export function withoutName(rows: DirectoryRows): readonly string[] {
  return [...rows].filter(([, row]) => row.displayName === undefined).map(([key]) => key);
}
