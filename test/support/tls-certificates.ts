import { generateKeyPairSync } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import forge from 'node-forge';

/** Files of a server's certificate and its key, PEM. */
export interface CertificateFiles {
  readonly certFile: string;
  readonly keyFile: string;
}

export interface CertificateAuthority {
  /** The authority's own certificate. */
  readonly caFile: string;
  /** Issues a certificate for names and addresses; valid for a year around now unless `days` says otherwise. */
  issue(
    name: string,
    options?: { readonly names?: readonly string[]; readonly days?: readonly [from: number, to: number] },
  ): Promise<CertificateFiles>;
}

const LOOPBACK = ['localhost', '127.0.0.1'];
const DAY_MS = 24 * 60 * 60_000;
const DNS_NAME = 2;
const IP_ADDRESS = 7;

/** A certificate authority whose files are in `folder`. */
export async function certificateAuthority(
  folder: string,
  name = 'authority',
): Promise<CertificateAuthority> {
  const own = forge.pki.privateKeyFromPem(rsaKeyPem());
  const subject = [{ name: 'commonName', value: name }];
  const certificate = certificateOf(own, subject, [-1, 365]);
  certificate.setIssuer(subject);
  certificate.setExtensions([{ name: 'basicConstraints', cA: true }]);
  certificate.sign(own, forge.md.sha256.create());
  const caFile = path.join(folder, `${name}.pem`);
  await writeFile(caFile, forge.pki.certificateToPem(certificate));
  return {
    caFile,
    async issue(leafName, { names = LOOPBACK, days: [from, to] = [-1, 365] } = {}) {
      const keyPem = rsaKeyPem();
      const leaf = certificateOf(
        forge.pki.privateKeyFromPem(keyPem),
        [{ name: 'commonName', value: leafName }],
        [from, to],
      );
      leaf.setIssuer(subject);
      const altNames = names.map((one) =>
        /^[\d.]+$/.test(one) ? { type: IP_ADDRESS, ip: one } : { type: DNS_NAME, value: one },
      );
      leaf.setExtensions([{ name: 'subjectAltName', altNames }]);
      leaf.sign(own, forge.md.sha256.create());
      const files = {
        certFile: path.join(folder, `${leafName}.pem`),
        keyFile: path.join(folder, `${leafName}.key`),
      };
      await writeFile(files.certFile, forge.pki.certificateToPem(leaf));
      await writeFile(files.keyFile, keyPem, { mode: 0o600 });
      return files;
    },
  };
}

let serial = 0;

function certificateOf(
  key: forge.pki.rsa.PrivateKey,
  subject: forge.pki.CertificateField[],
  [from, to]: readonly [number, number],
): forge.pki.Certificate {
  const certificate = forge.pki.createCertificate();
  serial += 1;
  certificate.serialNumber = `01${serial.toString(16).padStart(8, '0')}`;
  certificate.publicKey = forge.pki.setRsaPublicKey(key.n, key.e);
  certificate.validity.notBefore = new Date(Date.now() + from * DAY_MS);
  certificate.validity.notAfter = new Date(Date.now() + to * DAY_MS);
  certificate.setSubject(subject);
  return certificate;
}

function rsaKeyPem(): string {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  return privateKey.export({ type: 'pkcs1', format: 'pem' }).toString();
}
