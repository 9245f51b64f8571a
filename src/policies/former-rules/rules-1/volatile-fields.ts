/**
 * Fields that change although nobody changes the policy, or that only describe how it is stored. Their changes are
 * not drift.
 */

/** Left out of a policy's own fields. */
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
  // States of Windows Update in driver profiles.
  'deviceReporting',
  'newUpdates',
  'inventorySyncStatus',
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
  // Graph's handle of a stored secret; it is renewed when the policy is re-created.
  'secretReferenceValueId',
]);

/** Graph gives these rows new ids whenever a policy is written, so the same content has other ids elsewhere. */
const ROWS_WITH_OWN_IDS: ReadonlySet<string> = new Set([
  'settings',
  'definitionValues',
  'presentationValues',
  'scheduledActionsForRule',
  'scheduledActionConfigurations',
]);

/** Whether a field is left out; `parent` is the list or object that contains it, null for the policy itself. */
export function isVolatile(field: string, parent: string | null): boolean {
  if (ANYWHERE.has(field)) return true;
  if (parent === null) return OF_THE_POLICY.has(field);
  return field === 'id' && ROWS_WITH_OWN_IDS.has(parent);
}
