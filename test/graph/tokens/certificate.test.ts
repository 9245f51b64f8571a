import { execFileSync } from 'node:child_process';
import { generateKeyPairSync, randomBytes, X509Certificate } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import t from 'tap';
import {
  CertificateProblem,
  certificateFacts,
  readCertificate,
} from '../../../src/graph/tokens/certificate.js';
import { testCertificate } from './test-certificate.js';

const mine = testCertificate();
const other = testCertificate();

/** A PFX as OpenSSL makes it: its parts are encrypted with the passphrase in UTF-8, unlike those of node-forge. */
function opensslPfx(passphrase: string): Buffer {
  const folder = mkdtempSync(path.join(tmpdir(), 'opsledger-pfx-'));
  try {
    const pem = path.join(folder, 'app.pem');
    writeFileSync(pem, mine.certificatePem + mine.privateKeyPem, { mode: 0o600 });
    return execFileSync('openssl', ['pkcs12', '-export', '-in', pem, '-passout', `pass:${passphrase}`]);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

t.test('PEM and PFX give the same certificate and key', async (t) => {
  const plain = await readCertificate(Buffer.from(mine.privateKeyPem + mine.certificatePem), null);
  const files: readonly (readonly [string, Uint8Array, string | null])[] = [
    ['key after the certificate', Buffer.from(mine.certificatePem + mine.privateKeyPem), null],
    ['a chain', Buffer.from(other.certificatePem + mine.certificatePem + mine.privateKeyPem), null],
    [
      'an encrypted key',
      Buffer.from(mine.certificatePem + mine.encryptedKeyPem('a passphrase')),
      'a passphrase',
    ],
    ['PFX', mine.pfx('a passphrase'), 'a passphrase'],
    ['PFX without a passphrase', mine.pfx(''), null],
    ['a PFX of OpenSSL with a passphrase beyond ASCII', opensslPfx('pässwörd-€'), 'pässwörd-€'],
    ['UTF-8 with a mark', Buffer.from(`\uFEFF${mine.certificatePem}${mine.privateKeyPem}`), null],
    ['UTF-16', Buffer.from(`\uFEFF${mine.certificatePem}${mine.privateKeyPem}`, 'utf16le'), null],
    [
      'names in another encoding',
      Buffer.from(`Schlüssel\n${mine.certificatePem}${mine.privateKeyPem}`, 'latin1'),
      null,
    ],
  ];
  for (const [what, file, passphrase] of files) t.same(await readCertificate(file, passphrase), plain, what);
  const { thumbprint, x5tS256, beginsAt, endsAt } = certificateFacts(plain);
  t.match(thumbprint, /^[0-9A-F]{40}$/);
  t.match(x5tS256, /^[\w-]{43}$/);
  t.equal(beginsAt, '2020-01-01T00:00:00.000Z');
  t.equal(endsAt, '2040-01-01T00:00:00.000Z');
});

t.test('an unusable file is refused with a sentence that quotes nothing of it', async (t) => {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const elliptic = (type: 'pkcs8' | 'sec1') => privateKey.export({ type, format: 'pem' }).toString();
  const short = testCertificate(1024);
  const files: readonly (readonly [RegExp, Uint8Array, string | null])[] = [
    [/no private key/, Buffer.from(mine.certificatePem), null],
    [/no certificate that its private key/, Buffer.from(other.certificatePem + mine.privateKeyPem), null],
    [/no certificate that its private key/, Buffer.from(mine.privateKeyPem), null],
    [/no private key/, new X509Certificate(mine.certificatePem).raw, null],
    [/Check the passphrase/, Buffer.from(mine.certificatePem + mine.encryptedKeyPem('right')), 'wrong'],
    [/has a passphrase/, Buffer.from(mine.certificatePem + mine.encryptedKeyPem('right')), null],
    [/does not open/, mine.pfx('right'), 'wrong'],
    [/does not open/, opensslPfx('richtig-ü'), 'falsch-ü'],
    [/has a passphrase/, mine.pfx('right'), null],
    [/neither PEM nor PFX/, Buffer.from('hunter2'), null],
    [/neither PEM nor PFX/, randomBytes(1_000_000), null],
    [/empty/, new Uint8Array(), null],
    [/RSA/, Buffer.from(mine.certificatePem + elliptic('pkcs8')), null],
    [/RSA/, Buffer.from(mine.certificatePem + elliptic('sec1')), null],
    [/key is damaged/, Buffer.from(mine.certificatePem + mine.privateKeyPem.replace('MII', 'AAA')), null],
    [/2048/, Buffer.from(short.certificatePem + short.privateKeyPem), null],
    [/damaged/, Buffer.from(mine.privateKeyPem + mine.certificatePem.replace('MII', 'AAA')), null],
  ];
  for (const [words, file, passphrase] of files) {
    const error = await readCertificate(file, passphrase).catch((caught: unknown) => caught);
    t.ok(error instanceof CertificateProblem, String(words));
    t.match(error instanceof Error && error.message, words);
    t.notMatch(String(error), /hunter2|MII/);
    if (error instanceof CertificateProblem) t.equal(error.needsPassphrase, /has a/.test(String(words)));
  }
});
