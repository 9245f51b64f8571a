import type { JsonObject } from '../ledger/canonical-json.js';
import { carriesFile, isSecretName as namesSecret } from '../sanitize/secret-names.js';

/** Stands for a secret wherever one would be shown. */
export const MASKED = '[masked]';
/** The same as a JSON text, which is what every shown value is. */
export const MASKED_VALUE = JSON.stringify(MASKED);

const SECRET_TYPE = /SecretSettingValue$|omaSettingStringXml$|omaSettingBase64$/;

/**
 * Whether a value under this field, definition id, OMA URI or label is a secret by its name, or may hold one
 * because the field carries a whole file. It doesn't depend on the type of the value.
 */
export function isSecretName(name: string): boolean {
  return namesSecret(name) || carriesFile(name);
}

/** Whether an object says of itself that its `value` is a secret: by type, or by a stored secret's reference. */
export function holdsSecret(object: JsonObject): boolean {
  const type = object['@odata.type'];
  if (typeof type === 'string' && SECRET_TYPE.test(type)) return true;
  return withholdsSecret(object);
}

/** Whether Graph answers something else in a secret's place: a handle, or asterisks. */
export function withholdsSecret(object: JsonObject): boolean {
  if (object.valueState === 'encryptedValueToken' || object.isEncrypted === true) return true;
  return typeof object.secretReferenceValueId === 'string' && object.secretReferenceValueId !== '';
}
