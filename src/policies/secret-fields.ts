import type { JsonObject } from '../ledger/canonical-json.js';
import { carriesFile, isSecretName as namesSecret } from '../sanitize/secret-names.js';

/** Shown in the place of a secret. */
export const MASKED = '[masked]';
/** `MASKED` as a JSON text, like every shown value. */
export const MASKED_VALUE = JSON.stringify(MASKED);

const SECRET_TYPE = /SecretSettingValue$|omaSettingStringXml$|omaSettingBase64$/;

/**
 * Whether this name of a field, definition id, OMA URI or label says that its value is a secret, or a whole file
 * that may hold one. It doesn't depend on the type of the value.
 */
export function namesSecretOrFile(name: string): boolean {
  return namesSecret(name) || carriesFile(name);
}

/** Whether an object marks its `value` as a secret, by its type or by the reference of a stored secret. */
export function holdsSecret(object: JsonObject): boolean {
  const type = object['@odata.type'];
  if (typeof type === 'string' && SECRET_TYPE.test(type)) return true;
  return withholdsSecret(object);
}

/** Whether Graph returns a handle or asterisks in place of a secret. */
export function withholdsSecret(object: JsonObject): boolean {
  if (object.valueState === 'encryptedValueToken' || object.isEncrypted === true) return true;
  return typeof object.secretReferenceValueId === 'string' && object.secretReferenceValueId !== '';
}
