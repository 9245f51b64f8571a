import { canonicalJson, type Json, type JsonObject } from '../../../ledger/canonical-json.js';
import type { PolicyType } from '../../catalogue/policy-types.js';
import type { PolicyDocument } from '../../policy-document.js';
import { isVolatile } from './volatile-fields.js';

const ORDERED_LISTS: ReadonlySet<string> = new Set([
  'homeScreenPages',
  'homeScreenDockIcons',
  'icons',
  'pages',
  'apps',
  'dnsSuffixes',
  'dnsSuffixSearchOrder',
  'selectedMobileAppIds',
]);

const DECLARED_TYPES = new Set(
  [
    'deviceManagementConfigurationSetting',
    'deviceManagementConfigurationChoiceSettingValue',
    'deviceManagementConfigurationGroupSettingValue',
    'deviceManagementConfigurationSettingInstanceTemplateReference',
    'deviceManagementConfigurationSettingValueTemplateReference',
    'deviceManagementConfigurationPolicyTemplateReference',
    'deviceManagementConfigurationPolicyAssignment',
    'deviceConfigurationAssignment',
    'deviceCompliancePolicyAssignment',
    'deviceComplianceScheduledActionForRule',
    'deviceComplianceActionItem',
  ].map((name) => `#microsoft.graph.${name}`),
);

/** The marker in an object whose `value` is a secret. Rules 1 included it in the hash of a group. */
export const SECRET_MARK = '@secret';
const SECRET_TYPE = /SecretSettingValue$|omaSettingStringXml$|omaSettingBase64$/;

/** Whether the order of the list of this name counts. */
export const isOrderedList = (name: string): boolean => ORDERED_LISTS.has(name);

/** The policy as rules 1 compared it. */
export function normalizePolicy(type: PolicyType, document: PolicyDocument): JsonObject {
  const whole: JsonObject = { ...document.raw };
  if (type.content && document.settings) whole[type.content.name] = [...document.settings];
  return normalizeObject(whole, null);
}

function normalizeObject(object: JsonObject, parent: string | null): JsonObject {
  const entries = Object.entries(object)
    .filter(([key, value]) => !isVolatile(key, parent) && carriesMeaning(key, value, parent))
    .map(([key, value]): [string, Json] => [key, normalizeValue(value, key)]);
  if (parent !== null && holdsSecret(object)) entries.push([SECRET_MARK, true]);
  return Object.fromEntries(entries);
}

function holdsSecret(object: JsonObject): boolean {
  const type = object['@odata.type'];
  if (typeof type === 'string' && SECRET_TYPE.test(type)) return true;
  return object.isEncrypted === true || typeof object.secretReferenceValueId === 'string';
}

function carriesMeaning(key: string, value: Json, parent: string | null): boolean {
  if (key === '@odata.type')
    return parent !== 'settings' && typeof value === 'string' && !DECLARED_TYPES.has(value);
  return !key.includes('@odata.') && !key.startsWith('#');
}

function normalizeValue(value: Json, name: string): Json {
  if (Array.isArray(value)) return normalizeList(value, name);
  if (value === null || typeof value !== 'object') return value;
  return normalizeObject(value, name);
}

function normalizeList(list: readonly Json[], name: string): Json[] {
  const normal = list.map((entry) => normalizeValue(entry, name));
  if (isOrderedList(name)) return normal;
  const keyed = normal.map((entry) => ({ entry, key: canonicalJson(entry) }));
  keyed.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
  return keyed
    .filter(
      ({ entry, key }, index) =>
        (entry !== null && typeof entry === 'object') || key !== keyed[index - 1]?.key,
    )
    .map(({ entry }) => entry);
}
