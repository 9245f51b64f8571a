import { createHash, generateKeyPairSync } from 'node:crypto';
import forge from 'node-forge';

export interface TestCertificate {
  readonly certificatePem: string;
  /** PKCS #8. */
  readonly privateKeyPem: string;
  pfx(passphrase: string): Buffer;
  encryptedKeyPem(passphrase: string): string;
}

/** A self-signed certificate with its RSA key, valid from the beginning of the first year to that of the second. */
export function testCertificate(
  bits = 2048,
  years: readonly [number, number] = [2020, 2040],
): TestCertificate {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: bits });
  const privateKeyPem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  const key = forge.pki.privateKeyFromPem(privateKeyPem);
  const certificate = forge.pki.createCertificate();
  certificate.publicKey = forge.pki.setRsaPublicKey(key.n, key.e);
  certificate.serialNumber = `01${createHash('sha256').update(privateKeyPem).digest('hex').slice(0, 16)}`;
  certificate.validity.notBefore = new Date(Date.UTC(years[0], 0, 1));
  certificate.validity.notAfter = new Date(Date.UTC(years[1], 0, 1));
  const names = [{ name: 'commonName', value: 'opsledger test' }];
  certificate.setSubject(names);
  certificate.setIssuer(names);
  certificate.sign(key, forge.md.sha256.create());
  return {
    certificatePem: forge.pki.certificateToPem(certificate),
    privateKeyPem,
    pfx(passphrase) {
      const asn1 = forge.pkcs12.toPkcs12Asn1(key, certificate, passphrase, { algorithm: 'aes256' });
      return Buffer.from(forge.asn1.toDer(asn1).getBytes(), 'latin1');
    },
    encryptedKeyPem: (passphrase) =>
      privateKey.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase }).toString(),
  };
}
