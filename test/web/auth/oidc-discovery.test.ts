import { randomBytes } from 'node:crypto';
import t, { type Test } from 'tap';
import { type Clock, systemClock } from '../../../src/clock.js';
import { createOidcClient } from '../../../src/web/auth/oidc-client.js';
import { createOidcDiscovery } from '../../../src/web/auth/oidc-discovery.js';
import { beginFlow, type OidcConsent } from '../../../src/web/auth/oidc-flow.js';
import { type Claims, type TestProvider, testProvider } from '../../support/oidc-provider.js';

const ORIGIN = 'http://127.0.0.1:8420';
const DIRECTORY = '33333333-3333-4333-8333-333333333333';
const METADATA = '/.well-known/openid-configuration';

/** A client of a provider at `issuer`, whose requests are answered by the test's own provider. */
function clientOf(provider: TestProvider, issuer: string, announced: string, clock: Clock = systemClock) {
  const { origin } = new URL(issuer);
  const local = (address: string) => address.replace(origin, provider.issuer.origin);
  let reads = 0;
  const mapped: typeof fetch = async (input, init) => {
    const address = String(input instanceof Request ? input.url : input);
    if (address !== issuer + METADATA) return fetch(local(address), init);
    reads += 1;
    const answer = await fetch(provider.issuer.origin + METADATA, init);
    const { authorization_response_iss_parameter_supported: _, ...metadata } = await answer.json();
    const withOrigin = JSON.stringify(metadata).replaceAll(provider.issuer.origin, origin);
    return Response.json({ ...JSON.parse(withOrigin), issuer: announced });
  };
  const client = createOidcClient(
    {
      issuer,
      clientId: 'opsledger-test',
      clientSecret: undefined,
      clientAuth: 'client_secret_basic',
      scopes: 'openid profile email',
      publicOrigin: ORIGIN,
      fetch: mapped,
      flowKey: randomBytes(32),
      renewalKey: randomBytes(32),
    },
    clock,
  );
  return {
    reads: () => reads,
    async signIn(consent?: OidcConsent) {
      const flow = beginFlow('/', systemClock.now(), consent);
      const address = await client.authorizationUrl(flow);
      const back = await provider.visit(local(address.href), 'mara');
      back.searchParams.delete('iss');
      return client.finish(back, flow);
    },
  };
}

/** A provider that signs the claims which the test sets. */
async function providerOf(t: Test) {
  const claims: { own: Claims } = { own: {} };
  const provider = await testProvider(t, {
    redirectOrigin: ORIGIN,
    distort: (given) => ({ ...given, ...claims.own }),
  });
  return { claims, provider };
}

t.test('people of any directory sign in, in every cloud of Entra', async (t) => {
  const { claims, provider } = await providerOf(t);
  for (const host of [
    'login.microsoftonline.com',
    'login.microsoftonline.us',
    'login.partner.microsoftonline.cn',
  ])
    for (const audience of ['organizations', 'common']) {
      const origin = `https://${host}`;
      const issuer = `${origin}/${audience}/v2.0`;
      const template = `${origin}/{tenantid}/v2.0`;
      claims.own = { iss: `${origin}/${DIRECTORY}/v2.0`, tid: DIRECTORY };
      const { signIn } = clientOf(provider, issuer, template);
      t.match(await signIn(), { claims: { issuer: `${origin}/${DIRECTORY}/v2.0`, subject: 'mara' } }, issuer);

      claims.own = { ...claims.own, tid: '44444444-4444-4444-8444-444444444444' };
      await t.rejects(
        signIn(),
        { message: /failed: invalid/ },
        'an issuer of another directory than the token’s own',
      );
      for (const wrong of ['https://login.evil.example/{tenantid}/v2.0', `${origin}/${DIRECTORY}/v2.0`])
        await t.rejects(clientOf(provider, issuer, wrong).signIn(), {
          kind: 'misconfigured',
          code: 'issuer',
        });
    }
});

t.test('the placeholder in an issuer is accepted only from Entra', async (t) => {
  const { claims, provider } = await providerOf(t);
  const origin = 'https://login.example';
  claims.own = { iss: `${origin}/${DIRECTORY}/v2.0`, tid: DIRECTORY };
  const { signIn } = clientOf(provider, `${origin}/organizations/v2.0`, `${origin}/{tenantid}/v2.0`);
  await t.rejects(signIn(), { message: /misconfigured/ });
});

t.test('a new signing key is read at once, the metadata once an hour', async (t) => {
  const { claims, provider } = await providerOf(t);
  const issuer = 'https://login.example';
  claims.own = { iss: issuer };
  let laterMs = 0;
  const clock = { ...systemClock, monotonicMs: () => systemClock.monotonicMs() + laterMs };
  const { signIn, reads } = clientOf(provider, issuer, issuer, clock);
  await signIn();
  provider.rollKey();
  t.match(await signIn(), { claims: { subject: 'mara' } });
  t.match(await signIn(), { claims: { subject: 'mara' } });
  t.equal(reads(), 1);
  laterMs = 60 * 60_000;
  await signIn();
  t.equal(reads(), 2, 'an hour later again');
});

t.test('a consent for which the provider grants fewer scopes gives no token', async (t) => {
  const { claims, provider } = await providerOf(t);
  const issuer = 'https://login.example';
  claims.own = { iss: issuer };
  const { signIn } = clientOf(provider, issuer, issuer);
  const scopes = 'https://graph.microsoft.com/GroupMember.Read.All';
  await t.rejects(signIn({ sessionHash: 'a', scopes, group: '' }), {
    kind: 'declined',
    code: 'scope_not_granted',
  });
  const { delegated } = await signIn({ sessionHash: 'a', scopes: 'openid', group: '' });
  t.ok(delegated?.token, 'and with all of them one');
});

t.test('the metadata is kept when the time limit of the request that read it ends', async (t) => {
  const { provider } = await providerOf(t);
  const answers: Response[] = [];
  const discovery = createOidcDiscovery(
    {
      issuer: provider.issuer.href,
      clientId: 'opsledger-test',
      clientSecret: undefined,
      clientAuth: 'client_secret_basic',
      scopes: 'openid',
      publicOrigin: ORIGIN,
      flowKey: randomBytes(32),
      renewalKey: randomBytes(32),
      fetch: async (input, init) => {
        const answer = await fetch(input, init);
        answers.push(answer);
        return answer;
      },
    },
    systemClock,
  );
  await discovery.configuration();
  // The end of the time limit cancels a body that is still unread.
  await answers[0]?.body?.cancel().catch(() => undefined);
  const { issuer } = (await discovery.configuration()).serverMetadata();
  t.equal(issuer, provider.issuer.href.replace(/\/$/, ''));
  t.equal(answers.length, 1);
});
