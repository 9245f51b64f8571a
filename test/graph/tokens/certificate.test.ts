import { generateKeyPairSync } from 'node:crypto';
import t from 'tap';
import {
  CertificateProblem,
  certificateFacts,
  readCertificate,
} from '../../../src/graph/tokens/certificate.js';
import { testCertificate } from './test-certificate.js';

const mine = testCertificate();
const other = testCertificate();

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
  ];
  for (const [what, file, passphrase] of files) t.same(await readCertificate(file, passphrase), plain, what);
  const { thumbprint, x5tS256, endsAt } = certificateFacts(plain);
  t.match(thumbprint, /^[0-9A-F]{40}$/);
  t.match(x5tS256, /^[\w-]{43}$/);
  t.equal(endsAt, '2040-01-01T00:00:00.000Z');
});

t.test('an unusable file is refused with a sentence that quotes nothing of it', async (t) => {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const elliptic = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  const short = testCertificate(1024);
  const files: readonly (readonly [RegExp, Uint8Array, string | null])[] = [
    [/no private key/, Buffer.from(mine.certificatePem), null],
    [/no certificate that its private key/, Buffer.from(other.certificatePem + mine.privateKeyPem), null],
    [/no certificate that its private key/, Buffer.from(mine.privateKeyPem), null],
    [/passphrase/, Buffer.from(mine.certificatePem + mine.encryptedKeyPem('right')), 'wrong'],
    [/passphrase/, Buffer.from(mine.certificatePem + mine.encryptedKeyPem('right')), null],
    [/passphrase/, mine.pfx('right'), 'wrong'],
    [/passphrase/, Buffer.from('hunter2'), null],
    [/passphrase/, new Uint8Array(), null],
    [/RSA/, Buffer.from(mine.certificatePem + elliptic), null],
    [/2048/, Buffer.from(short.certificatePem + short.privateKeyPem), null],
    [/damaged/, Buffer.from(mine.privateKeyPem + mine.certificatePem.replace('MII', 'AAA')), null],
  ];
  for (const [words, file, passphrase] of files) {
    const error = await readCertificate(file, passphrase).catch((caught: unknown) => caught);
    t.ok(error instanceof CertificateProblem, String(words));
    t.match(error instanceof Error && error.message, words);
    t.notMatch(String(error), /hunter2|MII/);
  }
});
