import type { Json, JsonObject } from '../../ledger/canonical-json.js';
import { objectAt } from '../../ledger/json-values.js';

/**
 * What a person must know before a conditional access policy is written, because it can lock out whoever administers
 * the tenant; null for one that is off or only reports.
 */
export function signInWarning(raw: JsonObject): string | null {
  if (raw.state !== 'enabled') return null;
  const conditions = objectAt(raw, 'conditions');
  const users = objectAt(conditions, 'users');
  const does = entriesAt(objectAt(raw, 'grantControls'), 'builtInControls').includes('block')
    ? 'blocks'
    : 'sets conditions for';
  const whom = entriesAt(users, 'includeUsers').includes('All') ? 'all users' : 'those it names';
  const isExcluding = EXCLUSIONS.some((field) => entriesAt(users, field).length > 0);
  const advice = isExcluding
    ? 'Make sure that an administrator of the tenant is among those it excludes.'
    : 'It excludes nobody: make sure that it doesn’t lock out the administrators of the tenant.';
  const apps = entriesAt(objectAt(conditions, 'clientApplications'), 'includeServicePrincipals');
  return [
    `It is in force as soon as it is written, and ${does} the sign-in of ${whom}.`,
    advice,
    ...(apps.length > 0 ? ['It applies to apps as well, which may include this program’s own.'] : []),
  ].join(' ');
}

const EXCLUSIONS = ['excludeUsers', 'excludeGroups', 'excludeRoles'] as const;

function entriesAt(value: JsonObject, field: string): readonly Json[] {
  const inner = value[field];
  return Array.isArray(inner) ? inner : [];
}
