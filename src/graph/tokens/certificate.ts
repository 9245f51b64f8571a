import { createPrivateKey, X509Certificate } from 'node:crypto';
import type forgeModule from 'node-forge';
import { decodedText, UnreadableTextError } from '../../decoded-text.js';
import { errorMessage } from '../../wording/error-message.js';
import type { EntraCredential } from './entra-connection.js';

/**
 * A certificate or key that can't be used. The message is a sentence for the person who provided it, and quotes
 * nothing from the file.
 */
export class CertificateProblem extends Error {
  override readonly name = 'CertificateProblem';
  constructor(
    message: string,
    /** Whether the file might be read with a passphrase, and none was given. */
    readonly needsPassphrase = false,
  ) {
    super(message);
  }
}

type CertificateCredential = Extract<EntraCredential, { kind: 'certificate' }>;

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g;
const KEY = /-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY-----[\s\S]+?-----END (?:[A-Z0-9]+ )*PRIVATE KEY-----/;
const RSA_BITS_MIN = 2048;

const NO_KEY = 'The file holds no private key. Export the certificate with its key.';
const ONLY_RSA = 'Entra accepts only RSA keys. Make a certificate with an RSA key.';

/**
 * Reads a certificate and its key from one file: PEM (the key may be encrypted; UTF-8 or UTF-16) or PFX (PKCS #12).
 * Errors: CertificateProblem.
 */
export async function readCertificate(
  file: Uint8Array,
  passphrase: string | null,
): Promise<CertificateCredential> {
  if (file.length === 0) throw new CertificateProblem('The file is empty.');
  const text = textOf(file);
  const pem = text.includes('-----BEGIN ') ? text : await pemOfPfx(file, passphrase);
  const key = KEY.exec(pem)?.[0];
  if (key === undefined) throw new CertificateProblem(NO_KEY);
  const privateKeyPem = decrypted(key, passphrase);
  const owner = (pem.match(CERTIFICATE) ?? []).map(parsedCertificate).find((one) => fits(one, privateKeyPem));
  if (!owner) throw new CertificateProblem('The file holds no certificate that its private key belongs to.');
  return { kind: 'certificate', certificatePem: owner.toString(), privateKeyPem };
}

/** The file as text. Names beside a PEM may be of any encoding, and a PFX is no text. */
function textOf(file: Uint8Array): string {
  try {
    return decodedText(file);
  } catch (error) {
    if (error instanceof UnreadableTextError) return Buffer.from(file).toString('latin1');
    throw error;
  }
}

/** The facts of a certificate that may be shown. */
export function certificateFacts({ certificatePem }: CertificateCredential) {
  const { fingerprint, fingerprint256, validFrom, validTo } = new X509Certificate(certificatePem);
  return {
    /** SHA-1 in capital hex digits, as Entra's pages show it. */
    thumbprint: fingerprint.replaceAll(':', ''),
    /** The header `x5t#S256` of assertions that are signed with its key. */
    x5tS256: Buffer.from(fingerprint256.replaceAll(':', ''), 'hex').toString('base64url'),
    beginsAt: new Date(validFrom).toISOString(),
    endsAt: new Date(validTo).toISOString(),
  };
}

function decrypted(key: string, passphrase: string | null): string {
  if (passphrase === null && key.includes('ENCRYPTED'))
    throw new CertificateProblem('The private key has a passphrase. Give it too.', true);
  try {
    const privateKey = createPrivateKey({ key, ...(passphrase !== null && { passphrase }) });
    if (privateKey.asymmetricKeyType !== 'rsa') throw new CertificateProblem(ONLY_RSA);
    if ((privateKey.asymmetricKeyDetails?.modulusLength ?? 0) < RSA_BITS_MIN)
      throw new CertificateProblem(`The key is too short. Make one of at least ${RSA_BITS_MIN} bits.`);
    return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  } catch (error) {
    if (error instanceof CertificateProblem) throw error;
    throw new CertificateProblem(
      passphrase === null
        ? 'The private key is damaged, or of a kind that is not known. Export it again.'
        : 'The private key could not be read. Check the passphrase.',
    );
  }
}

function parsedCertificate(pem: string): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch {
    throw new CertificateProblem('The certificate in the file is damaged.');
  }
}

function fits(certificate: X509Certificate, privateKeyPem: string): boolean {
  return certificate.checkPrivateKey(createPrivateKey(privateKeyPem));
}

/** Reads a PFX with node-forge, because Node.js can't; the package is loaded only when it is needed. */
async function pemOfPfx(file: Uint8Array, passphrase: string | null): Promise<string> {
  const { default: forge } = await import('node-forge');
  const der = pfxStructure(forge, file);
  const pfx = openedPfx(forge, der, passphrase);
  const { certBag, pkcs8ShroudedKeyBag, keyBag } = forge.pki.oids;
  const bags = (bagType: string | undefined) =>
    bagType === undefined ? [] : (pfx.getBags({ bagType })[bagType] ?? []);
  const keyBags = [...bags(pkcs8ShroudedKeyBag), ...bags(keyBag)];
  const keys = keyBags.flatMap(({ key }) => (key ? forge.pki.privateKeyToPem(key) : []));
  // node-forge leaves keys of other kinds unread.
  if (keys.length === 0 && keyBags.length > 0) throw new CertificateProblem(ONLY_RSA);
  const certificates = bags(certBag).flatMap(({ cert }) => (cert ? forge.pki.certificateToPem(cert) : []));
  return [...keys, ...certificates].join('\n');
}

type Forge = typeof forgeModule;
type Asn1 = ReturnType<Forge['asn1']['fromDer']>;

/** The outermost structure of a PFX, which begins with the version 3. Errors: CertificateProblem for any other file. */
function pfxStructure(forge: Forge, file: Uint8Array): Asn1 {
  try {
    const structure = forge.asn1.fromDer(Buffer.from(file).toString('latin1'));
    const [version] = Array.isArray(structure.value) ? structure.value : [];
    if (typeof version === 'object' && version.value === '\x03') return structure;
  } catch {
    // It is no ASN.1, and so no PFX.
  }
  throw new CertificateProblem(
    isCertificateAlone(file)
      ? NO_KEY
      : 'The file is neither PEM nor PFX. Export the certificate with its key.',
  );
}

function isCertificateAlone(der: Uint8Array): boolean {
  try {
    return new X509Certificate(der).subject !== undefined;
  } catch {
    return false;
  }
}

function openedPfx(forge: Forge, der: Asn1, passphrase: string | null) {
  try {
    return forge.pkcs12.pkcs12FromAsn1(der, passphrase ?? '');
  } catch (error) {
    if (/MAC could not be verified/.test(errorMessage(error)))
      throw passphrase === null
        ? new CertificateProblem('The file has a passphrase. Give it too.', true)
        : new CertificateProblem('The passphrase does not open the file.');
    return openedInUtf8(forge, der, passphrase ?? '');
  }
}

/**
 * Opens a PFX whose parts are encrypted with the passphrase in UTF-8, as OpenSSL does by AES, while its checksum, which
 * was right, takes it in UTF-16.
 */
function openedInUtf8(forge: Forge, der: Asn1, passphrase: string) {
  try {
    const withoutChecksum = { ...der, value: Array.isArray(der.value) ? der.value.slice(0, 2) : der.value };
    return forge.pkcs12.pkcs12FromAsn1(withoutChecksum, forge.util.encodeUtf8(passphrase));
  } catch {
    throw new CertificateProblem(
      'The file is damaged, or encrypted in a way that is not known. Export it again, with AES-256 and SHA-256.',
    );
  }
}
