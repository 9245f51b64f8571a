import type { ContentLinks, ReferenceKind } from './policy-type.js';

const ROOTS = 'rootCertificatesForServerValidation';
const ROOT = 'rootCertificateForServerValidation';
const CLIENT_ROOT = 'rootCertificateForClientValidation';
const IDENTITY = 'identityCertificateForClientAuthentication';
const SINGLE_SIGN_ON = 'singleSignOnExtensionPkinitCertificate';
const DERIVED_CREDENTIAL = 'derivedCredentialSettings';
const NETWORKS = 'networkAccessConfigurations';

/** What the links of one name lead to. */
export interface LinkTarget {
  readonly kind: ReferenceKind;
  /** Whether one policy can have several of them. */
  readonly many: boolean;
}

/** What links of this name lead to; Graph names a link to several certificates in the plural. */
export function linkTarget(name: string): LinkTarget {
  switch (name) {
    case DERIVED_CREDENTIAL:
      return { kind: 'derived_credential', many: false };
    case NETWORKS:
      return { kind: 'network_profile', many: true };
    default:
      return { kind: 'certificate', many: name.includes('Certificates') };
  }
}

/** The links of device configurations by derived type. Graph refuses to answer a link that a type doesn't have. */
export const PROFILE_LINKS: readonly ContentLinks[] = [
  { types: /^iosEnterpriseWiFi/, names: [ROOTS, IDENTITY, DERIVED_CREDENTIAL] },
  { types: /^macOSEnterpriseWiFi/, names: [ROOTS, ROOT, IDENTITY] },
  { types: /^androidDeviceOwnerEnterpriseWiFi/, names: [ROOTS, ROOT, IDENTITY, DERIVED_CREDENTIAL] },
  { types: /EnterpriseWiFi|^(ios|macOS)WiredNetwork/, names: [ROOT, IDENTITY] },
  { types: /^windowsWifiEnterpriseEAP/, names: [ROOTS, CLIENT_ROOT, IDENTITY] },
  {
    types: /^windowsWiredNetwork/,
    names: [
      ...[ROOTS, CLIENT_ROOT, IDENTITY],
      'secondaryRootCertificateForClientValidation',
      'secondaryIdentityCertificateForClientAuthentication',
    ],
  },
  { types: /^windowsZtdns/, names: [ROOTS, 'rootCertificatesForClientValidation'] },
  { types: /^(ios\w*|androidDeviceOwner)Vpn/, names: ['identityCertificate', DERIVED_CREDENTIAL] },
  { types: /Vpn/, names: ['identityCertificate'] },
  {
    types: /^iosEasEmailProfile/,
    names: [
      ...['identityCertificate', 'smimeSigningCertificate', 'smimeEncryptionCertificate'],
      DERIVED_CREDENTIAL,
    ],
  },
  { types: /^androidEasEmailProfile/, names: ['identityCertificate', 'smimeSigningCertificate'] },
  // Android's work profiles name the e-mail app in the type: androidWorkProfileGmailEasConfiguration.
  { types: /^android\w+EasConfiguration/, names: ['identityCertificate'] },
  {
    types: /^(android|aosp)\w*(Scep|Pkcs|ImportedPFX)CertificateProfile|ScepCertificateProfile/i,
    names: ['rootCertificate'],
  },
  { types: /^iosDeviceFeatures/, names: [IDENTITY, SINGLE_SIGN_ON] },
  { types: /^macOSDeviceFeatures/, names: [SINGLE_SIGN_ON] },
  { types: /^(ios|androidDeviceOwner)DerivedCredential/, names: [DERIVED_CREDENTIAL] },
  { types: /^windowsDomainJoin/, names: [NETWORKS] },
];
