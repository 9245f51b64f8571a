import { createPrivateKey, X509Certificate } from 'node:crypto';
import { type JWTPayload, SignJWT } from 'jose';
import t from 'tap';
import { entraSetupSchema } from '../../../../src/graph/simulator/entra/entra-setup.js';
import { createSimulatedEntra } from '../../../../src/graph/simulator/entra/simulated-entra.js';
import { createSeededChance } from '../../../support/seeded-chance.js';
import { skippingClock } from '../../simulator-and-client.js';
import { testCertificate } from '../../tokens/test-certificate.js';

const DIRECTORY = '11111111-1111-4111-8111-111111111111';
const CLIENT = 'aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa';
const SECRET = 'Q~a-secret-of-the-test';
const ENDPOINT = `http://127.0.0.1:4001/${DIRECTORY}/oauth2/v2.0/token`;
const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
const certificate = testCertificate();

function entraBed() {
  const clock = skippingClock();
  const setup = entraSetupSchema.parse({
    tokenLifeSeconds: 60,
    directories: [
      {
        directoryId: DIRECTORY,
        apps: [
          {
            clientId: CLIENT,
            secrets: [{ value: SECRET }],
            certificates: [{ pem: certificate.certificatePem }],
            assertionAlgorithms: ['PS256'],
          },
        ],
      },
    ],
  });
  const entra = createSimulatedEntra(setup, { clock, chance: createSeededChance(1) });
  const ask = async (form: Readonly<Record<string, string>>) => {
    const fields: Readonly<Record<string, string>> = {
      grant_type: 'client_credentials',
      client_id: CLIENT,
      scope: 'https://graph.microsoft.com/.default',
      ...form,
    };
    return entra.token({ directoryId: DIRECTORY, endpoint: ENDPOINT, field: (name) => fields[name] ?? null });
  };
  const assertion = async (claims: JWTPayload = {}, header: { alg?: string; thumbprint?: string } = {}) => {
    const seconds = Math.floor(clock.now() / 1000);
    const { fingerprint256 } = new X509Certificate(certificate.certificatePem);
    const own = Buffer.from(fingerprint256.replaceAll(':', ''), 'hex').toString('base64url');
    const signed = new SignJWT({
      iss: CLIENT,
      sub: CLIENT,
      aud: ENDPOINT,
      jti: 'one',
      iat: seconds,
      exp: seconds + 300,
      ...claims,
    }).setProtectedHeader({ alg: header.alg ?? 'PS256', 'x5t#S256': header.thumbprint ?? own });
    const key = createPrivateKey(certificate.privateKeyPem);
    return { client_assertion_type: ASSERTION_TYPE, client_assertion: await signed.sign(key) };
  };
  return { clock, entra, ask, assertion };
}

t.test('what the token endpoint refuses, with Entra’s numbers', async (t) => {
  const { clock, ask, assertion } = entraBed();
  const longAgo = Math.floor(clock.now() / 1000) - 3_600;
  t.match(await ask({ client_secret: SECRET }), { lifeSeconds: 60 });
  t.match(await ask(await assertion()), { lifeSeconds: 60 });
  const refused = async (aadsts: number, what: string, form: Readonly<Record<string, string>>) =>
    t.match(await ask(form), { aadsts }, what);
  await refused(70003, 'another grant', { grant_type: 'password', client_secret: SECRET });
  await refused(500011, 'another service', {
    scope: 'https://vault.azure.net/.default',
    client_secret: SECRET,
  });
  await refused(7000216, 'no proof', {});
  await refused(7000216, 'an assertion of another kind', {
    ...(await assertion()),
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:saml2-bearer',
  });
  await refused(
    700023,
    'an assertion for another endpoint',
    await assertion({ aud: 'https://login.example' }),
  );
  await refused(700024, 'an assertion that has expired', await assertion({ exp: longAgo }));
  await refused(700024, 'another app’s assertion', await assertion({ iss: DIRECTORY }));
  await refused(700027, 'a certificate that it does not know', await assertion({}, { thumbprint: 'AAAA' }));
  await refused(700027, 'no assertion', {
    client_assertion_type: ASSERTION_TYPE,
    client_assertion: 'nonsense',
  });
  await refused(5002730, 'another algorithm', await assertion({}, { alg: 'RS256' }));
});

t.test('tokens are wrong, ended, revoked or of another tenant; a new key leaves them valid', async (t) => {
  const { clock, entra, ask } = entraBed();
  const token = async () => {
    const answer = await ask({ client_secret: SECRET });
    return 'token' in answer ? answer.token : '';
  };
  const first = await token();
  t.equal(await entra.verdict(first, 'default'), 'sound');
  t.equal(await entra.verdict(first, 'other'), 'of another tenant');
  const [header, payload] = first.split('.');
  t.equal(await entra.verdict(`${header}.${payload}.AAAA`, 'default'), 'wrong');
  t.equal(await entra.verdict('nonsense', 'default'), 'wrong');
  const [before] = await entra.keys();
  await entra.rollKey();
  t.not((await entra.keys())[0]?.kid, before?.kid);
  t.equal(await entra.verdict(first, 'default'), 'sound');
  entra.revoke(DIRECTORY);
  t.equal(await entra.verdict(first, 'default'), 'revoked');
  const second = await token();
  t.equal(await entra.verdict(second, 'default'), 'sound');
  await clock.sleep(61_000);
  t.equal(await entra.verdict(second, 'default'), 'ended');
});
