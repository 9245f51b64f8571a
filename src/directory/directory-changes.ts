import { type DirectoryKind, ID_LENGTH_MAX } from '../entities/directory/directory.js';
import type { JsonObject } from '../ledger/canonical-json.js';
import { type DirectoryRow, type DirectoryRows, directoryKey, selectedFields } from './directory-object.js';

/** What a reading has said about one object so far. */
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
 * The rows after the changes. After a complete reading only the objects that it contained remain, with the earlier
 * values of fields that it didn't answer.
 */
export function rowsAfter(before: DirectoryRows, changes: DirectoryChanges, isWhole: boolean): DirectoryRows {
  const rows = new Map(isWhole ? [] : before);
  for (const [key, { removed, fields }] of changes)
    if (removed) rows.delete(key);
    else rows.set(key, { ...before.get(key), ...fields });
  return rows;
}

/** The ids of rows whose names were in no answer. Graph answers null for a name that it withholds. */
export function withoutName(rows: DirectoryRows): readonly string[] {
  return [...rows].filter(([, row]) => row.displayName === undefined).map(([key]) => key);
}
