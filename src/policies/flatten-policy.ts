import { canonicalJson, type Json, type JsonObject } from '../ledger/canonical-json.js';
import { createFlatPolicyBuilder, type FlatPolicy, type FlatPolicyBuilder } from './flat-policy.js';
import { flattenCatalog } from './flatten-catalog.js';
import { isOrderedList, normalizePolicy, SECRET_MARK } from './normalize-policy.js';
import type { PolicyDocument } from './policy-document.js';
import type { PolicyType } from './policy-types.js';
import { isSecretName } from './secret-fields.js';

/** Lists whose entries have a name of their own, which then stands in the path. */
const KEY_OF_LIST: ReadonlyMap<string, (entry: JsonObject) => Json | undefined> = new Map<
  string,
  (entry: JsonObject) => Json | undefined
>([
  ['omaSettings', (entry) => entry.omaUri],
  ['settings', (entry) => entry.definitionId],
  ['definitionValues', (entry) => fieldOf(entry.definition, 'id')],
  ['presentationValues', (entry) => fieldOf(entry.presentation, 'id')],
]);

/**
 * Lays a policy flat. A settings catalog's settings are found under their definition ids, everything else
 * under the path of its properties; the name is left out, for a renamed policy is told apart.
 */
export function flattenPolicy(type: PolicyType, document: PolicyDocument): FlatPolicy {
  const flat = createFlatPolicyBuilder();
  const isCatalog = type.content?.countField === 'settingCount';
  const normal = normalizePolicy(type, isCatalog ? { ...document, settings: null } : document);
  if (isCatalog) flattenCatalog(document.settings ?? [], flat);
  for (const [key, value] of Object.entries(normal)) {
    if (key === type.nameField || (isCatalog && key === 'settings')) continue;
    // Only where derived types exist does the policy's own type say something.
    if (key === '@odata.type' && type.nameField === 'name') continue;
    flattenValue(key, key, value, false, flat);
  }
  return flat.build();
}

function flattenValue(
  path: string,
  name: string,
  value: Json,
  secret: boolean,
  flat: FlatPolicyBuilder,
): void {
  if (Array.isArray(value)) flattenList(path, name, value, secret, flat);
  else if (isObject(value)) flattenObject(path, value, secret, flat);
  else flat.add(path, canonicalJson(value), secret || (typeof value === 'string' && isSecretName(name)));
}

function flattenObject(path: string, object: JsonObject, secret: boolean, flat: FlatPolicyBuilder): void {
  const entries = Object.entries(object);
  if (entries.length === 0) flat.touch(path);
  for (const [key, value] of entries) {
    if (key === SECRET_MARK) continue;
    flattenValue(`${path}/${key}`, key, value, secret || isSecretValue(object, key, value), flat);
  }
}

function flattenList(
  path: string,
  name: string,
  list: readonly Json[],
  secret: boolean,
  flat: FlatPolicyBuilder,
): void {
  if (list.length === 0) flat.touch(path);
  for (const [index, entry] of list.entries()) {
    const key = isObject(entry) ? KEY_OF_LIST.get(name)?.(entry) : undefined;
    if (typeof key === 'string') flattenValue(`${path}/${key}`, name, entry, secret, flat);
    else if (isOrderedList(name)) flattenValue(`${path}/${index}`, name, entry, secret, flat);
    else {
      flattenValue(path, name, entry, secret, flat);
      if (isObject(entry)) flat.addGroup(path, entry, secret || mentionsSecret(entry));
    }
  }
}

/** A secret inside an entry hides the whole entry where it is shown as one text. */
function mentionsSecret(entry: JsonObject): boolean {
  return Object.entries(entry).some(([key, value]) => {
    if (isSecretValue(entry, key, value)) return true;
    if (typeof value === 'string') return isSecretName(key);
    if (Array.isArray(value)) return value.some((inner) => isObject(inner) && mentionsSecret(inner));
    return isObject(value) && mentionsSecret(value);
  });
}

/** The `value` of an object that says so, or whose OMA URI, key or name is that of a secret. */
function isSecretValue(object: JsonObject, key: string, value: Json): boolean {
  if (key !== 'value' && key !== 'valueJson') return false;
  if (object[SECRET_MARK] === true) return true;
  const { omaUri, displayName, name, key: ownKey, definitionId } = object;
  return (
    typeof value === 'string' &&
    [omaUri, displayName, name, ownKey, definitionId].some((n) => typeof n === 'string' && isSecretName(n))
  );
}

function isObject(value: Json | undefined): value is JsonObject {
  return value !== undefined && value !== null && typeof value === 'object' && !Array.isArray(value);
}

function fieldOf(value: Json | undefined, field: string): Json | undefined {
  return isObject(value) ? value[field] : undefined;
}
