import type { JsonObject } from '../ledger/canonical-json.js';

/** Stands for a secret wherever one would be shown; a JSON text like every other value. */
export const MASKED_VALUE = '"[masked]"';

/**
 * Names that end in what they hold. Password *rules* (`passwordMinimumLength`, `passwordRequired`) end
 * otherwise and stay readable.
 */
const SECRET_NAME =
  /(?:password|passphrase|passwd|pwd|secret|presharedkey|psk|privatekey|apikey|accesskey|sharedkey|encryptionkey|accountkey|productkey|wepkey|token|credentials?|connectionstring|sastoken|blob)$/;

/** Texts that can hold anything, secrets included: scripts and files carried inside a policy. */
const CARRIED_FILE =
  /^(?:scriptcontent|detectionscriptcontent|remediationscriptcontent|payload|payloadjson|encodedsettingxml)$/;

const SECRET_TYPE = /SecretSettingValue$|omaSettingStringXml$|omaSettingBase64$/;

/** Whether a text under this field or definition id is a secret by its name. */
export function isSecretName(name: string): boolean {
  const plain = name.toLowerCase().replace(/[^a-z0-9]/g, '');
  return SECRET_NAME.test(plain) || CARRIED_FILE.test(plain);
}

/** Whether an object says of itself that its `value` is a secret: by type, or by a stored secret's reference. */
export function holdsSecret(object: JsonObject): boolean {
  const type = object['@odata.type'];
  if (typeof type === 'string' && SECRET_TYPE.test(type)) return true;
  return object.isEncrypted === true || typeof object.secretReferenceValueId === 'string';
}
