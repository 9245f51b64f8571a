import t from 'tap';
import { sanitizeText, sanitizeValue } from '../../src/sanitize/index.js';
import { material } from './corpus/material.js';

function leaksAfter(words: string, make: (m: ReturnType<typeof material>) => string, tries = 100): number {
  let leaks = 0;
  for (let seed = 1; seed <= tries; seed++) {
    const secret = make(material(seed));
    if (sanitizeText(`${words}${secret}`).includes(secret)) leaks++;
  }
  return leaks;
}

t.test('words that merely end in id, hash or head protect no secret', async (t) => {
  const words = [
    'token rejected as invalid: ',
    'value is not valid: ',
    'void ',
    'android ',
    'hybrid=',
    'said: ',
  ];
  for (const word of words)
    t.equal(
      leaksAfter(word, (m) => m.b62(40)),
      0,
      word,
    );
  for (const word of ['overhead ', 'ahead: ', 'head ', 'blob ', 'rehash: '])
    t.equal(
      leaksAfter(word, (m) => `a1${m.hex(38)}`),
      0,
      word,
    );
});

t.test('a suspicious word takes precedence over every exception', async (t) => {
  const exceptions = [
    'request id: ',
    'hash ',
    'sha256:',
    'thumbprint ',
    'commit ',
    'etag ',
    'correlationId=',
  ];
  for (const word of ['invalid', 'rejected', 'expired', 'secret', 'token', 'key', 'password', 'revoked']) {
    for (const exception of exceptions)
      t.equal(
        leaksAfter(`${word} ${exception}`, (m) => `a1${m.hex(62)}`),
        0,
        `${word} ${exception}`,
      );
  }
});

t.test('digests and identifiers stay when a word before them names them', async (t) => {
  const m = material(5);
  for (let n = 0; n < 100; n++) {
    const digest = `a1${m.hex(62)}`;
    const id = m.b62(32);
    const names = ['requestId', 'request_id', 'x-ms-request-id', 'objectid', 'CorrelationID', 'trace id'];
    for (const name of names) t.equal(sanitizeText(`${name}: ${id}`), `${name}: ${id}`);
    for (const name of ['sha256', 'contentHash', 'digest', 'thumbprint', 'commit', 'snapshot'])
      t.equal(sanitizeText(`${name}=${digest}`), `${name}=${digest}`);
    t.same(sanitizeValue({ requestId: id, dataHash: digest }), { requestId: id, dataHash: digest });
  }
});

t.test('names of cipher suites and curves are public', async (t) => {
  for (const kex of ['ECDHE', 'DHE'])
    for (const signature of ['RSA', 'ECDSA'])
      for (const cipher of [
        'AES_128_GCM_SHA256',
        'AES_256_GCM_SHA384',
        'AES_256_CBC_SHA384',
        'CHACHA20_POLY1305_SHA256',
      ]) {
        const suite = `TLS_${kex}_${signature}_WITH_${cipher}`;
        t.equal(sanitizeText(suite), suite);
        t.same(sanitizeValue({ value: [suite, suite.replaceAll('_', '-')] }), {
          value: [suite, suite.replaceAll('_', '-')],
        });
      }
});
