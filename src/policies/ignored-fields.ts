import type { PolicyType } from './catalogue/policy-type.js';

/**
 * Fields that are not set by the tenant: they change without anybody changing the policy, describe how Graph stores
 * it, or repeat Microsoft's own definitions. Changes of them are not drift.
 */

/** Left out of every policy's own fields; the catalogue adds those of each type. */
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
  // Compared apart.
  'assignments',
]);

/** Left out of a remediation that Microsoft wrote, of which the tenant sets only to whom it is assigned. */
const OF_A_GLOBAL_SCRIPT: ReadonlySet<string> = new Set([
  'description',
  'publisher',
  'detectionScriptContent',
  'remediationScriptContent',
  'detectionScriptParameters',
  'remediationScriptParameters',
]);

/** Left out wherever they stand. */
const ANYWHERE: ReadonlySet<string> = new Set([
  'createdDateTime',
  'lastModifiedDateTime',
  'modifiedDateTime',
  'lastSyncDateTime',
  'isEncrypted',
  // Graph's handles of a stored secret; they are renewed without anybody changing the secret.
  'secretReferenceValueId',
  'encryptedValueToken',
]);

/** Left out of the objects that stand in a field of that name. */
const INSIDE: ReadonlyMap<string, ReadonlySet<string>> = new Map([
  // Rows that Graph gives an id when the policy is written; the same content gets others elsewhere.
  ['settings', new Set(['id'])],
  ['definitionValues', new Set(['id'])],
  ['presentationValues', new Set(['id'])],
  ['scheduledActionsForRule', new Set(['id'])],
  ['scheduledActionConfigurations', new Set(['id'])],
  // The template is known by its id; its names and version are Microsoft's.
  ['templateReference', new Set(['templateDisplayName', 'templateDisplayVersion', 'templateFamily'])],
]);

/** Objects that repeat a definition of Microsoft's: only the id in them says what the tenant has chosen. */
const DEFINITIONS: ReadonlySet<string> = new Set(['definition', 'presentation']);

/** Lists whose rows carry the definitions that they belong to. */
const ROWS_WITH_DEFINITIONS: ReadonlySet<string> = new Set(['definitionValues', 'presentationValues']);

/** Whether a field is left out; `parent` is the list or object that it stands in, null for the policy itself. */
export function isIgnored(type: PolicyType, field: string, parent: string | null): boolean {
  if (ANYWHERE.has(field)) return true;
  if (type.serviceFields.includes(parent === null ? field : `${parent}/${field}`)) return true;
  return parent === null ? OF_THE_POLICY.has(field) : (INSIDE.get(parent)?.has(field) ?? false);
}

/** Whether a field of a policy is Microsoft's because the whole policy is. */
export function isOfGlobalScript(raw: { readonly [field: string]: unknown }, field: string): boolean {
  return raw.isGlobalScript === true && OF_A_GLOBAL_SCRIPT.has(field);
}

/** Whether an object only repeats the definition of the row that it stands in. */
export function isDefinition(field: string, parent: string | null): boolean {
  return parent !== null && ROWS_WITH_DEFINITIONS.has(parent) && DEFINITIONS.has(field);
}
