import type { JsonObject } from '../ledger/canonical-json.js';

/** Content that Graph keeps under addresses of its own and that inventories don't read, in words for people. */
export const NOT_COMPARED: readonly string[] = Object.freeze([
  'the certificates that Wi-Fi, VPN, e-mail and certificate profiles link to',
  'the texts of notification templates',
  'reusable settings that policies refer to',
]);

/** Links of profiles to certificates, by the end of the profile's type. */
const CERTIFICATE_LINKS: readonly (readonly [RegExp, readonly string[]])[] = [
  [
    /Wi-?FiEnterprise|EnterpriseWiFi|WiredNetwork/i,
    ['rootCertificatesForServerValidation', 'identityCertificateForClientAuthentication'],
  ],
  [/Vpn/i, ['identityCertificate', 'rootCertificate']],
  [/Eas(Email)?Profile/i, ['identityCertificate', 'smimeSigningCertificate', 'smimeEncryptionCertificate']],
  [/(Scep|Pkcs|ImportedPFX)CertificateProfile/i, ['rootCertificate']],
];

/** Names of what belongs to a policy and was not compared, because it stands under an address of its own. */
export function notComparedOf(raw: JsonObject): readonly string[] {
  const type = String(raw['@odata.type'] ?? '').replace(/^#?microsoft\.graph\./, '');
  return CERTIFICATE_LINKS.find(([pattern]) => pattern.test(type))?.[1] ?? [];
}
