import { createHash } from 'node:crypto';
import { decodeJwt } from 'jose';
import t from 'tap';
import { startGraphSimulator } from '../../../../src/graph/simulator/start-graph-simulator.js';
import { entraVisitor } from '../../../support/entra-visitor.js';
import { skippingClock } from '../../simulator-and-client.js';

/** Goal: the simulated Entra answers people and their apps as Entra does, also where it refuses. */
const CONTOSO = '11111111-1111-4111-8111-111111111111';
const FABRIKAM = '22222222-2222-4222-8222-222222222222';
const CLIENT = 'aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa';
const PUBLIC = 'bbbbbbbb-bbbb-4bbb-8bbb-bbbbbbbbbbbb';
const SECRET = 'Q~a-secret';
const MARA = 'mara@contoso.example';
const LENA = 'lena@contoso.example';
const KIM = 'kim@fabrikam.example';
const BACK = 'http://127.0.0.1:8420/callback';
const SIGNED_OUT = 'http://127.0.0.1:8420/signin';
const VERIFIER = 'a-verifier-of-at-least-forty-three-characters-in-all';
const GRAPH = 'https://graph.microsoft.com';

async function entraBed() {
  const clock = skippingClock();
  const id = (digit: number) => `3${digit}111111-1111-4111-8111-111111111111`;
  const simulator = await startGraphSimulator({
    source: { content: new Map() },
    clock,
    entra: {
      directories: [
        {
          directoryId: CONTOSO,
          apps: [
            {
              clientId: CLIENT,
              multiTenant: true,
              redirectUris: [BACK, SIGNED_OUT],
              secrets: [{ value: SECRET }],
              consentedScopes: ['openid', 'profile', 'offline_access'],
            },
            { clientId: PUBLIC, redirectUris: [BACK] },
          ],
          people: [
            { objectId: id(1), account: MARA, name: 'Mara <b>Moore</b>', administrator: true },
            { objectId: id(2), account: LENA, name: 'Lena Larsen' },
            { objectId: id(3), account: 'blocked@contoso.example', name: 'Blocked', refusedWith: 53003 },
          ],
        },
        {
          directoryId: FABRIKAM,
          tenant: 'fabrikam',
          people: [{ objectId: id(4), account: KIM, name: 'Kim Kaya', administrator: true }],
        },
      ],
    },
  });
  t.teardown(() => simulator.stop());
  const authorize = (changes: Readonly<Record<string, string | null>> = {}, audience = 'organizations') => {
    const url = new URL(`${simulator.url}/${audience}/oauth2/v2.0/authorize`);
    const all: Readonly<Record<string, string | null>> = {
      client_id: CLIENT,
      redirect_uri: BACK,
      response_type: 'code',
      state: 's',
      nonce: 'n',
      scope: 'openid profile offline_access',
      code_challenge_method: 'S256',
      code_challenge: createHash('sha256').update(VERIFIER).digest('base64url'),
      ...changes,
    };
    for (const [name, value] of Object.entries(all)) if (value !== null) url.searchParams.set(name, value);
    return url;
  };
  async function token(fields: Readonly<Record<string, string | null>>, audience = 'organizations') {
    const all = { client_id: CLIENT, client_secret: SECRET, redirect_uri: BACK, ...fields };
    const sent = Object.entries(all).filter((field): field is [string, string] => field[1] !== null);
    const answer = await fetch(`${simulator.url}/${audience}/oauth2/v2.0/token`, {
      method: 'POST',
      body: new URLSearchParams(sent),
    });
    return { status: answer.status, body: await answer.json() };
  }
  const redeem = (code: string, more: Readonly<Record<string, string | null>> = {}) =>
    token({ grant_type: 'authorization_code', code, code_verifier: VERIFIER, ...more });
  /** The code that Mara's sign-in leads to. */
  async function codeOf(url = authorize(), account = MARA): Promise<string> {
    const { back, html } = await entraVisitor().signIn(url, account);
    const code = back?.searchParams.get('code');
    if (!code) throw new Error(html);
    return code;
  }
  return { clock, simulator, authorize, token, redeem, codeOf };
}

t.test('a person signs in, and an app redeems the code and refresh tokens', async (t) => {
  const { clock, simulator, authorize, token, redeem, codeOf } = await entraBed();
  const { back } = await entraVisitor().signIn(authorize(), MARA);
  t.match(back?.href, `${BACK}?code=`);
  t.equal(back?.searchParams.get('state'), 's');
  const first = await redeem(back?.searchParams.get('code') ?? '');
  t.match(first, { status: 200, body: { token_type: 'Bearer', scope: 'openid profile offline_access' } });
  const claims = decodeJwt(first.body.id_token);
  t.match(claims, {
    iss: `${simulator.url}/${CONTOSO}/v2.0`,
    aud: CLIENT,
    tid: CONTOSO,
    nonce: 'n',
    ver: '2.0',
    preferred_username: MARA,
    name: 'Mara <b>Moore</b>',
    exp: Math.floor(clock.now() / 1000) + 3600,
  });
  t.match(claims.oid, /^31/);
  t.not(claims.sub, claims.oid, 'the subject is one for this app');

  const renewed = await token({ grant_type: 'refresh_token', refresh_token: first.body.refresh_token });
  t.equal(renewed.status, 200);
  t.equal(decodeJwt(renewed.body.id_token).sub, claims.sub);
  const again = await token({ grant_type: 'refresh_token', refresh_token: first.body.refresh_token });
  t.equal(again.status, 200, 'a refresh token stays valid');

  const refused = async (aadsts: number, what: string, asked: Promise<{ body: unknown }>) =>
    t.match((await asked).body, { error_codes: [aadsts] }, what);
  const used = await codeOf();
  await redeem(used);
  await refused(54005, 'a code twice', redeem(used));
  await refused(70000, 'no code', redeem('nonsense'));
  await refused(501481, 'another verifier', redeem(await codeOf(), { code_verifier: 'another' }));
  await refused(500112, 'another address', redeem(await codeOf(), { redirect_uri: SIGNED_OUT }));
  await refused(7000218, 'no secret', redeem(await codeOf(), { client_secret: null }));
  await refused(7000215, 'a wrong secret', redeem(await codeOf(), { client_secret: 'wrong' }));
  await refused(700016, 'an unknown app', redeem(await codeOf(), { client_id: CONTOSO }));
  await refused(
    70000,
    'another app’s code',
    redeem(await codeOf(), { client_id: PUBLIC, client_secret: null }),
  );
  await refused(700025, 'a secret of a public app', redeem(await codeOf(), { client_id: PUBLIC }));
  const { refresh_token } = first.body;
  await refused(
    65001,
    'more than was consented to',
    token({ grant_type: 'refresh_token', refresh_token, scope: `${GRAPH}/GroupMember.Read.All` }),
  );
  await refused(90002, 'no directory', token({ grant_type: 'refresh_token', refresh_token }, MARA));
  const late = await codeOf();
  await clock.sleep(10 * 60_000);
  await refused(70008, 'a code after ten minutes', redeem(late));

  const control = (body: object) =>
    fetch(`${simulator.url}/_simulator/entra/revoke`, {
      method: 'POST',
      body: JSON.stringify(body),
      headers: { 'content-type': 'application/json' },
    });
  await control({ account: MARA });
  await refused(50173, 'a revoked sign-in', token({ grant_type: 'refresh_token', refresh_token }));
  const fresh = await redeem(await codeOf());
  t.equal(fresh.status, 200, 'who signs in again gets new ones');
  await control({ account: MARA, disabled: true });
  const held = fresh.body.refresh_token;
  await refused(50173, 'a disabled account', token({ grant_type: 'refresh_token', refresh_token: held }));
  t.match((await entraVisitor().signIn(authorize(), MARA)).html, 'AADSTS50057');
  t.equal((await control({ account: 'nobody@contoso.example' })).status, 404);
});

t.test('what is asked wrongly is shown there, or sent back once the app is known', async (t) => {
  const { authorize } = await entraBed();
  const shown = async (url: URL, aadsts: number) => {
    const { html, status } = await entraVisitor().open(url);
    t.match([status, html], [400, new RegExp(`AADSTS${aadsts}:`)]);
  };
  await shown(authorize({}, MARA), 90002);
  await shown(authorize({ client_id: CONTOSO }), 700016);
  await shown(authorize({ redirect_uri: 'https://evil.example' }), 50011);
  const back = async (changes: Readonly<Record<string, string | null>>, error: string, aadsts: number) => {
    const { back: to } = await entraVisitor().open(authorize(changes));
    t.match(to?.searchParams.get('error_description'), `AADSTS${aadsts}:`);
    t.equal(to?.searchParams.get('error'), error);
    t.equal(to?.searchParams.get('state'), 's');
  };
  await back({ response_type: 'id_token' }, 'unsupported_response_type', 700054);
  await back({ response_type: null }, 'invalid_request', 900144);
  await back({ scope: null }, 'invalid_request', 900144);
  await back({ scope: 'openid https://vault.azure.net/x' }, 'invalid_client', 650053);
  await back({ prompt: 'never' }, 'invalid_request', 90023);
  await back({ prompt: 'none' }, 'login_required', 50058);
});

t.test('hints and prompts decide which page is shown', async (t) => {
  const { authorize } = await entraBed();
  const browser = entraVisitor();
  t.notMatch((await browser.open(authorize({ domain_hint: 'fabrikam.example' }))).html, MARA);
  t.match((await browser.open(authorize({ login_hint: LENA }))).html, `value="${LENA}"`);
  t.match((await browser.open(authorize())).html, 'Mara &lt;b&gt;Moore&lt;/b&gt;', 'names are escaped');
  t.match((await browser.signIn(authorize(), 'blocked@contoso.example')).html, 'AADSTS53003');
  t.ok((await browser.signIn(authorize(), LENA)).back);
  t.ok((await browser.open(authorize({ prompt: 'none' }))).back?.searchParams.has('code'));
  t.match((await browser.open(authorize({ prompt: 'login' }))).html, 'Pick an account');
  t.match((await browser.open(authorize({ prompt: 'consent' }))).html, 'Permissions requested');
  t.match((await browser.open(authorize({}, FABRIKAM))).html, 'Pick an account', 'Lena is of Contoso');
  await browser.signIn(authorize({ prompt: 'select_account' }), MARA);
  t.match((await browser.open(authorize())).html, 'Pick an account', 'two are signed in');
  t.ok((await browser.open(authorize({ login_hint: LENA }))).back);
  const silent = await browser.open(
    authorize({ prompt: 'none', login_hint: LENA, scope: `openid ${GRAPH}/User.Read` }),
  );
  t.match(silent.back?.searchParams.get('error_description'), 'AADSTS65001:');
});

t.test('an administrator of another directory consents to the app, and signs out', async (t) => {
  const { simulator, authorize, redeem, token } = await entraBed();
  const appToken = () =>
    token({ grant_type: 'client_credentials', scope: `${GRAPH}/.default`, redirect_uri: null }, FABRIKAM);
  t.match((await appToken()).body, { error_codes: [700016] }, 'the directory doesn’t know the app');
  const consent = new URL(`${simulator.url}/${FABRIKAM}/adminconsent`);
  consent.searchParams.set('client_id', CLIENT);
  consent.searchParams.set('state', 'from-here');
  const declining = entraVisitor();
  await declining.open(consent);
  await declining.answer({ account: KIM });
  t.match((await declining.answer({ decision: 'decline' })).back?.search, /access_denied.*state=from-here/);
  t.match((await entraVisitor().signIn(consent, LENA)).html, 'AADSTS50020', 'not of this directory');
  const atHome = new URL(consent.href.replace(FABRIKAM, CONTOSO));
  t.match((await entraVisitor().signIn(atHome, LENA)).html, 'AADSTS90094', 'no administrator');
  const kim = entraVisitor();
  const { back } = await kim.signIn(consent, KIM);
  t.equal(back?.href, `${BACK}?admin_consent=True&tenant=${FABRIKAM}&state=from-here`);
  const granted = await appToken();
  t.equal(granted.status, 200);
  t.equal(decodeJwt(granted.body.access_token).tid, FABRIKAM);

  const signedIn = await kim.signIn(authorize(), KIM);
  const { body } = await redeem(signedIn.back?.searchParams.get('code') ?? '');
  const signOut = new URL(`${simulator.url}/organizations/oauth2/v2.0/logout`);
  signOut.searchParams.set('post_logout_redirect_uri', 'https://evil.example');
  signOut.searchParams.set('id_token_hint', body.id_token);
  t.match((await kim.open(signOut)).html, 'You signed out', 'another site is not led to');
  t.match((await kim.open(authorize())).html, 'Pick an account');
  signOut.searchParams.set('post_logout_redirect_uri', SIGNED_OUT);
  t.equal((await kim.open(signOut)).back?.href, SIGNED_OUT);
});

t.test('the metadata of one directory and of any', async (t) => {
  const { simulator } = await entraBed();
  const metadata = async (audience: string) => {
    const answer = await fetch(`${simulator.url}/${audience}/v2.0/.well-known/openid-configuration`);
    return { status: answer.status, ...(await answer.json()) };
  };
  t.equal((await metadata(CONTOSO)).issuer, `${simulator.url}/${CONTOSO}/v2.0`);
  for (const audience of ['common', 'organizations'])
    t.match(await metadata(audience), {
      issuer: `${simulator.url}/{tenantid}/v2.0`,
      authorization_endpoint: `${simulator.url}/${audience}/oauth2/v2.0/authorize`,
    });
  t.match(await metadata(CLIENT), { status: 400, error: 'invalid_tenant', error_codes: [90002] });
});
