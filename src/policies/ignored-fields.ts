import type { PolicyType } from './catalogue/policy-type.js';

/**
 * Fields that the tenant doesn't set: they change although nobody changes the policy, describe how Graph stores
 * it, or repeat Microsoft's definitions. Their changes are not drift.
 */

/** Left out of the own fields of every policy; the catalogue adds fields for each type. */
const OF_THE_POLICY: ReadonlySet<string> = new Set([
  'id',
  'version',
  'isAssigned',
  'supportsScopeTags',
  'isReadOnly',
  'certificate',
  'token',
  'topicIdentifier',
  'highestAvailableVersion',
  'deployedAppCount',
  'sourceId',
  'isGlobalScript',
  'deviceHealthScriptType',
  'companyCodes',
  'settingCount',
  'creationSource',
  // Compared separately.
  'assignments',
]);

/** Left out at every level. */
const ANYWHERE: ReadonlySet<string> = new Set([
  'createdDateTime',
  'lastModifiedDateTime',
  'modifiedDateTime',
  'lastSyncDateTime',
  'isEncrypted',
  // Graph's handles of stored secrets; Graph renews them although nobody changes the secret.
  'secretReferenceValueId',
  'encryptedValueToken',
]);

/** Left out of the objects in a field of that name. */
const INSIDE: ReadonlyMap<string, ReadonlySet<string>> = new Map([
  // Graph gives rows new ids whenever a policy is written, so the same content has other ids elsewhere.
  ['settings', new Set(['id'])],
  ['definitionValues', new Set(['id'])],
  ['presentationValues', new Set(['id'])],
  ['scheduledActionsForRule', new Set(['id'])],
  ['scheduledActionConfigurations', new Set(['id'])],
  // A template is identified by its id; its names and version are Microsoft's.
  ['templateReference', new Set(['templateDisplayName', 'templateDisplayVersion', 'templateFamily'])],
]);

/** Objects that repeat Microsoft's definitions; only their id is chosen by the tenant. */
const DEFINITIONS: ReadonlySet<string> = new Set(['definition', 'presentation']);

/** Lists whose rows repeat the definitions that they belong to. */
const ROWS_WITH_DEFINITIONS: ReadonlySet<string> = new Set(['definitionValues', 'presentationValues']);

/** Whether a field is left out; `parent` is the field that holds its list or object, null for the policy itself. */
export function isIgnored(type: PolicyType, field: string, parent: string | null): boolean {
  if (ANYWHERE.has(field)) return true;
  if (type.serviceFields.includes(parent === null ? field : `${parent}/${field}`)) return true;
  return parent === null ? OF_THE_POLICY.has(field) : (INSIDE.get(parent)?.has(field) ?? false);
}

/** Whether Microsoft sets an own field, because Microsoft made the policy. */
export function isMicrosofts(
  { madeByMicrosoft }: PolicyType,
  raw: { readonly [field: string]: unknown },
  field: string,
): boolean {
  if (!madeByMicrosoft?.is(raw)) return false;
  return madeByMicrosoft.fields === 'all' || madeByMicrosoft.fields.includes(field);
}

/** Whether an object only repeats the definition of its row. */
export function isDefinition(field: string, parent: string | null): boolean {
  return parent !== null && ROWS_WITH_DEFINITIONS.has(parent) && DEFINITIONS.has(field);
}
