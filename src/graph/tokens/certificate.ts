import { createPrivateKey, X509Certificate } from 'node:crypto';
import type { EntraCredential } from './entra-connection.js';

/**
 * A certificate or key that can't be used. The message is a sentence for the person who provided it, and quotes
 * nothing from the file.
 */
export class CertificateProblem extends Error {
  override readonly name = 'CertificateProblem';
}

type CertificateCredential = Extract<EntraCredential, { kind: 'certificate' }>;

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g;
const KEY =
  /-----BEGIN (?:ENCRYPTED |RSA )?PRIVATE KEY-----[\s\S]+?-----END (?:ENCRYPTED |RSA )?PRIVATE KEY-----/;
const RSA_BITS_MIN = 2048;

/**
 * Reads a certificate and its key from one file: PEM (the key may be encrypted) or PFX (PKCS #12). Errors:
 * CertificateProblem.
 */
export async function readCertificate(
  file: Uint8Array,
  passphrase: string | null,
): Promise<CertificateCredential> {
  const text = Buffer.from(file).toString('latin1');
  const pem = text.includes('-----BEGIN ') ? text : await pemOfPfx(text, passphrase);
  const key = KEY.exec(pem)?.[0];
  if (key === undefined)
    throw new CertificateProblem('The file holds no private key. Export the certificate with its key.');
  const privateKeyPem = decrypted(key, passphrase);
  const owner = (pem.match(CERTIFICATE) ?? []).map(parsedCertificate).find((one) => fits(one, privateKeyPem));
  if (!owner) throw new CertificateProblem('The file holds no certificate that its private key belongs to.');
  return { kind: 'certificate', certificatePem: owner.toString(), privateKeyPem };
}

/** The facts of a certificate that may be shown. */
export function certificateFacts({ certificatePem }: CertificateCredential) {
  const { fingerprint, fingerprint256, validTo } = new X509Certificate(certificatePem);
  return {
    /** SHA-1 in capital hex digits, as Entra's pages show it. */
    thumbprint: fingerprint.replaceAll(':', ''),
    /** The header `x5t#S256` of assertions that are signed with its key. */
    x5tS256: Buffer.from(fingerprint256.replaceAll(':', ''), 'hex').toString('base64url'),
    endsAt: new Date(validTo).toISOString(),
  };
}

function decrypted(key: string, passphrase: string | null): string {
  try {
    const privateKey = createPrivateKey({ key, ...(passphrase !== null && { passphrase }) });
    if (privateKey.asymmetricKeyType !== 'rsa')
      throw new CertificateProblem('Entra accepts only RSA keys. Make a certificate with an RSA key.');
    if ((privateKey.asymmetricKeyDetails?.modulusLength ?? 0) < RSA_BITS_MIN)
      throw new CertificateProblem(`The key is too short. Make one of at least ${RSA_BITS_MIN} bits.`);
    return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  } catch (error) {
    if (error instanceof CertificateProblem) throw error;
    throw new CertificateProblem('The private key could not be read. Check the passphrase.');
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
async function pemOfPfx(binary: string, passphrase: string | null): Promise<string> {
  const { default: forge } = await import('node-forge');
  try {
    const pfx = forge.pkcs12.pkcs12FromAsn1(forge.asn1.fromDer(binary), passphrase ?? '');
    const { certBag, pkcs8ShroudedKeyBag, keyBag } = forge.pki.oids;
    const bags = (bagType: string | undefined) =>
      bagType === undefined ? [] : (pfx.getBags({ bagType })[bagType] ?? []);
    const keys = [...bags(pkcs8ShroudedKeyBag), ...bags(keyBag)].flatMap(({ key }) =>
      key ? forge.pki.privateKeyToPem(key) : [],
    );
    const certificates = bags(certBag).flatMap(({ cert }) => (cert ? forge.pki.certificateToPem(cert) : []));
    return [...keys, ...certificates].join('\n');
  } catch {
    throw new CertificateProblem('The file is no PEM, and no PFX that this passphrase opens.');
  }
}
