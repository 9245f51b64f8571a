import type { JsonObject } from '../../ledger/canonical-json.js';
import { withoutFields } from '../../ledger/json-values.js';
import type { PolicyDocument } from '../policy-document.js';

/** Child collections that inventories read only since rules 5. */
const COLLECTIONS: ReadonlySet<string> = new Set([
  'driverInventories',
  'categories',
  'relationships',
  'privacyAccessControls',
]);
/** Fields of rows that inventories read only since rules 5. */
const ROW_FIELDS = ['roleScopeTags'];

/** A policy as an inventory read it before rules 5. */
export function withoutLaterContent({ attached, ...policy }: PolicyDocument): PolicyDocument {
  if (!attached) return policy;
  const earlier = Object.entries(attached)
    .filter(([name]) => !COLLECTIONS.has(name))
    .map(([name, rows]) => [name, name === 'roleAssignments' ? rows.map(earlierRow) : rows] as const);
  return { ...policy, attached: Object.fromEntries(earlier) };
}

const earlierRow = (row: JsonObject): JsonObject => withoutFields(row, ROW_FIELDS);
