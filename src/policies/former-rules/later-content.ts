import type { JsonObject } from '../../ledger/canonical-json.js';
import type { PolicyDocument } from '../policy-document.js';

/** Child collections that inventories read only since rules 5. */
const COLLECTIONS: ReadonlySet<string> = new Set([
  'driverInventories',
  'categories',
  'relationships',
  'privacyAccessControls',
]);
/** Fields of rows that inventories read only since rules 5. */
const ROW_FIELDS: ReadonlySet<string> = new Set(['roleScopeTags']);

/** A policy as an inventory read it before rules 5. */
export function withoutLaterContent({ attached, ...policy }: PolicyDocument): PolicyDocument {
  if (!attached) return policy;
  const earlier = Object.entries(attached)
    .filter(([name]) => !COLLECTIONS.has(name))
    .map(([name, rows]) => [name, name === 'roleAssignments' ? rows.map(earlierRow) : rows] as const);
  return { ...policy, attached: Object.fromEntries(earlier) };
}

function earlierRow(row: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(row).filter(([field]) => !ROW_FIELDS.has(field)));
}
