import t from 'tap';
import { certificateFacts } from '../../src/graph/tokens/certificate.js';
import { connectionAsGiven, type GivenConnection } from '../../src/program/connections.js';
import { testCertificate } from '../graph/tokens/test-certificate.js';

const given: GivenConnection = {
  directoryId: '11111111-1111-4111-8111-111111111111',
  clientId: 'AAAAAAAA-aaaa-4aaa-8aaa-aaaaaaaaaaaa',
  cloud: 'worldwide',
  authority: null,
  graphUrl: null,
  secretEndsOn: null,
  assertionAlgorithm: 'PS256',
};
const secret = { kind: 'secret', secret: 'x' } as const;
const credentialId = 'bbbbbbbb-bbbb-4bbb-8bbb-bbbbbbbbbbbb';

t.test('the day on which a secret ends is taken until it is over in every time zone', async (t) => {
  const endsAt = (secretEndsOn: string | null, now: string) =>
    connectionAsGiven({ ...given, secretEndsOn }, secret, { credentialId, now: Date.parse(now) }).signIn
      ?.credential.endsAt;
  t.equal(endsAt(null, '2027-04-30T12:00:00Z'), null);
  for (const now of ['2027-04-01T00:00:00Z', '2027-04-30T12:00:00Z', '2027-05-01T11:59:00Z'])
    t.equal(endsAt('2027-04-30', now), '2027-04-30T23:59:59.999Z', now);
  t.throws(() => endsAt('2027-04-30', '2027-05-01T12:00:00Z'), /2027-04-30, is past: give the day/);
  t.throws(() => endsAt('2027-02-30', '2027-01-01T00:00:00Z'), /must be a day such as/);
});

t.test('a certificate is taken while it is valid', async (t) => {
  const { certificatePem, privateKeyPem } = testCertificate();
  const certificate = { kind: 'certificate', certificatePem, privateKeyPem } as const;
  const { beginsAt, endsAt } = certificateFacts(certificate);
  const at = (now: number) => connectionAsGiven(given, certificate, { credentialId, now });
  for (const now of [Date.parse(beginsAt) - 60_000, Date.parse(endsAt) - 1])
    t.equal(at(now).signIn?.credential.endsAt, endsAt);
  t.throws(
    () => at(Date.parse(beginsAt) - 3_600_000),
    /not valid before 2020-01-01: give another one, or set/,
  );
  t.throws(() => at(Date.parse(endsAt)), /ended on 2040-01-01: make a new one/);
});
