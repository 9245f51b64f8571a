/**
 * Fields that change without anybody changing the policy, or that only say how it is stored. None of them is
 * drift.
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
  // States of Windows Update that the driver profile reports along.
  'deviceReporting',
  'newUpdates',
  'inventorySyncStatus',
  // Compared apart.
  'assignments',
]);

/** Left out wherever they stand. */
const ANYWHERE: ReadonlySet<string> = new Set([
  'createdDateTime',
  'lastModifiedDateTime',
  'modifiedDateTime',
  'lastSyncDateTime',
  'isEncrypted',
  // Graph's handle of a stored secret; it is renewed when the policy is re-created.
  'secretReferenceValueId',
]);

/** Rows that Graph gives an id when the policy is written; the same content gets others elsewhere. */
const ROWS_WITH_OWN_IDS: ReadonlySet<string> = new Set([
  'settings',
  'definitionValues',
  'presentationValues',
  'scheduledActionsForRule',
  'scheduledActionConfigurations',
]);

/** Whether a field is left out; `parent` is the list or object that it stands in, null for the policy itself. */
export function isVolatile(field: string, parent: string | null): boolean {
  if (ANYWHERE.has(field)) return true;
  if (parent === null) return OF_THE_POLICY.has(field);
  return field === 'id' && ROWS_WITH_OWN_IDS.has(parent);
}
