import type { DirectoryKind } from '../entities/directory/directory.js';
import type { Json, JsonObject } from '../ledger/canonical-json.js';

/** A group, assignment filter or scope tag as the cache holds it: the selected fields as Graph answered them. */
export type DirectoryRow = JsonObject;

/** Rows by their id in lower case. */
export type DirectoryRows = ReadonlyMap<string, DirectoryRow>;

/** The fields that are asked for and kept. None is about a group's members. */
export const SELECTED_FIELDS: Readonly<Record<DirectoryKind, readonly string[]>> = Object.freeze({
  group: [
    'id',
    'displayName',
    'description',
    'groupTypes',
    'mailEnabled',
    'securityEnabled',
    'onPremisesSyncEnabled',
    'createdDateTime',
  ],
  assignment_filter: ['id', 'displayName', 'description', 'platform', 'assignmentFilterManagementType'],
  scope_tag: ['id', 'displayName', 'description', 'isBuiltIn'],
});

/** A group, filter or scope tag, with the facts by which people distinguish it from others of the same name. */
export interface DirectoryObject {
  readonly kind: DirectoryKind;
  readonly id: string;
  /** The exact name; null when Graph gave none. */
  readonly name: string | null;
  readonly description: string | null;
  /** `security`, `microsoft365`, `mail_security` or `distribution` for a group; a filter's platform; else null. */
  readonly type: string | null;
  /** A rule of the directory decides about the group's members. */
  readonly dynamic: boolean;
  /** The group is synchronized from an on-premises directory. */
  readonly onPremises: boolean;
  /** When the group was created, as Graph gives it. */
  readonly createdAt: string | null;
}

/** The key of an id; the case of an id doesn't matter. */
export const directoryKey = (id: string): string => id.toLowerCase();

/** The selected fields of an answer that it contains. */
export function selectedFields(kind: DirectoryKind, answer: JsonObject): DirectoryRow {
  const row: DirectoryRow = {};
  for (const field of SELECTED_FIELDS[kind]) {
    const value = answer[field];
    if (value !== undefined) row[field] = value;
  }
  return row;
}

/** An object of the directory from a row as Graph answers it. */
export function directoryObject(kind: DirectoryKind, row: DirectoryRow): DirectoryObject {
  const types = Array.isArray(row.groupTypes) ? row.groupTypes : [];
  return {
    kind,
    id: textOf(row.id) ?? '',
    name: textOf(row.displayName),
    description: textOf(row.description),
    type: kind === 'group' ? groupType(row, types) : textOf(row.platform),
    dynamic: types.includes('DynamicMembership'),
    onPremises: row.onPremisesSyncEnabled === true,
    createdAt: textOf(row.createdDateTime),
  };
}

function groupType({ mailEnabled, securityEnabled }: DirectoryRow, types: readonly Json[]): string | null {
  if (types.includes('Unified')) return 'microsoft365';
  if (securityEnabled === true) return mailEnabled === true ? 'mail_security' : 'security';
  return mailEnabled === true ? 'distribution' : null;
}

function textOf(value: Json | undefined): string | null {
  return typeof value === 'string' ? value : null;
}
