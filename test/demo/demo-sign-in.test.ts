import { createHash } from 'node:crypto';
import { decodeJwt } from 'jose';
import t from 'tap';
import { systemChance } from '../../src/clock.js';
import { readConfig } from '../../src/config.js';
import { demoEntra } from '../../src/demo/demo-app.js';
import { demoAccount, demoIdentity, demoSignIn, withDemoSignIn } from '../../src/demo/demo-sign-in.js';
import { DEMO_PEOPLE, demoDirectoryId } from '../../src/demo/demo-tenants.js';
import { startGraphSimulator } from '../../src/graph/simulator/start-graph-simulator.js';
import { checkOidcConfig } from '../../src/program/oidc-settings.js';
import { testCertificate } from '../graph/tokens/test-certificate.js';
import { entraVisitor } from '../support/entra-visitor.js';

const VERIFIER = 'a-verifier-of-at-least-forty-three-characters-in-all';

t.test('each person of the demo has an account that leads to the person who is registered', async (t) => {
  const given = readConfig({ OPSLEDGER_PORT: '18420' });
  const signIn = demoSignIn(given, systemChance);
  t.match(signIn, { port: 18421, publicUrl: 'http://127.0.0.1:18420' });
  const { certificatePem, privateKeyPem } = testCertificate();
  const certificate = { kind: 'certificate', certificatePem, privateKeyPem } as const;
  const app = { clientId: systemChance.uuid(), credentialId: systemChance.uuid(), certificate };
  const simulator = await startGraphSimulator({
    source: { content: new Map() },
    entra: demoEntra(app, signIn),
  });
  t.teardown(() => simulator.stop());
  // The test listens on any free port, so that the issuer has another address.
  const served = { ...signIn, issuerOrigin: simulator.url };
  const config = withDemoSignIn(given, served);
  checkOidcConfig(config);
  const client = { client_id: config.OIDC_CLIENT_ID ?? '' };
  const redirect_uri = `${config.OPSLEDGER_PUBLIC_URL}/signin/oidc/callback`;
  for (const person of DEMO_PEOPLE) {
    const url = new URL(`${simulator.url}/organizations/oauth2/v2.0/authorize`);
    const code_challenge = createHash('sha256').update(VERIFIER).digest('base64url');
    url.search = String(
      new URLSearchParams({
        ...client,
        redirect_uri,
        response_type: 'code',
        scope: given.OIDC_SCOPES,
        nonce: 'n',
        code_challenge,
        code_challenge_method: 'S256',
      }),
    );
    const { back } = await entraVisitor().signIn(url, demoAccount(person));
    const body = new URLSearchParams({
      ...client,
      client_secret: config.OIDC_CLIENT_SECRET ?? '',
      redirect_uri,
      grant_type: 'authorization_code',
      code_verifier: VERIFIER,
      code: back?.searchParams.get('code') ?? '',
    });
    const answer = await fetch(`${simulator.url}/organizations/oauth2/v2.0/token`, { method: 'POST', body });
    const { id_token } = (await answer.json()) as { readonly id_token: string };
    const { issuer, subject } = demoIdentity(person, served);
    t.match(decodeJwt(id_token), { iss: issuer, sub: subject, name: person.displayName }, person.subject);
  }
  const { directories } = demoEntra(app, null);
  t.same(
    directories.flatMap(({ people = [] }) => people),
    [],
    'without the sign-in there are no people',
  );
  t.equal(directories[0]?.directoryId, demoDirectoryId('contoso'));
});

t.test('a configuration without a place for the sign-in is refused', async (t) => {
  const refused = (environment: Readonly<Record<string, string>>) => () =>
    demoSignIn(readConfig(environment), systemChance);
  const oidc = { OIDC_ISSUER: 'https://login.example', OIDC_CLIENT_ID: 'c' };
  t.throws(refused({ ...oidc, OPSLEDGER_PUBLIC_URL: 'https://ops.example' }), { message: /OIDC_ISSUER/ });
  t.throws(refused({ GRAPH_URL: 'http://127.0.0.1:9' }), { message: /leave --graph-url out/ });
  for (const OPSLEDGER_PORT of ['0', '65535'])
    t.throws(refused({ OPSLEDGER_PORT }), { message: /fixed --port/, exitCode: 2 });
});
