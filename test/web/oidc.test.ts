import { randomBytes } from 'node:crypto';
import t, { type Test } from 'tap';
import { systemClock } from '../../src/clock.js';
import { createOidcClient } from '../../src/web/auth/oidc-client.js';
import {
  beginFlow,
  createFlowSigner,
  FINISHED_LIFETIME_MS,
  FLOW_LIFETIME_MS,
} from '../../src/web/auth/oidc-flow.js';
import type { OidcSettings } from '../../src/web/auth/oidc-settings.js';
import { LIMITS } from '../../src/web/limits.js';
import { hubSite } from '../support/hub-site.js';
import {
  type Claims,
  type TestProvider,
  type TestProviderOptions,
  testProvider,
} from '../support/oidc-provider.js';
import { renewDueSessions } from '../support/renew-due-sessions.js';
import { type Browser, browserOf } from '../support/site-browser.js';

const ORIGIN = 'http://127.0.0.1:8420';
const FLOW_COOKIES = 'opsledger_oidc_';
const SESSION_COOKIE = 'opsledger_session';

function settingsOf(issuer: URL, more: Partial<OidcSettings> = {}): OidcSettings {
  return {
    issuer: issuer.origin,
    clientId: 'opsledger-test',
    clientSecret: undefined,
    clientAuth: 'client_secret_basic',
    scopes: 'openid profile email',
    publicOrigin: ORIGIN,
    flowKey: randomBytes(32),
    renewalKey: randomBytes(32),
    ...more,
  };
}

async function siteWithProvider(
  t: Test,
  provider: Partial<TestProviderOptions> = {},
  more: Partial<OidcSettings> = {},
) {
  const running = await testProvider(t, { redirectOrigin: ORIGIN, ...provider });
  const settings = settingsOf(running.issuer, more);
  const site = await hubSite(t, { oidc: settings });
  return { provider: running, settings, site };
}

/** The name of the cookie of a begun sign-in; empty without one. */
const flowCookieIn = ({ cookies }: Browser): string =>
  [...cookies.keys()].find((name) => name.startsWith(FLOW_COOKIES)) ?? '';

const signerOf = ({ flowKey }: OidcSettings) => createFlowSigner(flowKey);

/** The value of a cookie as the site reads it. */
const opened = ({ cookies }: Browser, name: string): string => decodeURIComponent(cookies.get(name) ?? '');

/** Begins a sign-in and completes it at the provider. Returns the path that the provider redirects to. */
async function throughProvider(browser: Browser, provider: TestProvider, account: string, next = '/') {
  const begun = await browser.get(`/signin/oidc?next=${encodeURIComponent(next)}`);
  const back = await provider.visit(String(begun.headers.location), account);
  return { begun, path: back.pathname + back.search };
}

t.test('somebody signs in with a provider', async (t) => {
  const { provider, site, settings } = await siteWithProvider(t);
  const tenant = await site.tenant('contoso', 'Contoso');
  const browser = browserOf(site);

  const page = await browser.get('/t/contoso/operations');
  t.equal(page.headers.location, '/signin?next=%2Ft%2Fcontoso%2Foperations');
  const choice = await browser.get(String(page.headers.location));
  t.match(choice.body, 'href="/signin/oidc?next=%2Ft%2Fcontoso%2Foperations"');
  t.match(choice.body, provider.issuer.host);

  const { begun, path } = await throughProvider(browser, provider, 'mara', '/t/contoso/operations');
  const asked = new URL(String(begun.headers.location));
  t.equal(asked.searchParams.get('response_type'), 'code');
  t.equal(asked.searchParams.get('code_challenge_method'), 'S256');
  t.ok(asked.searchParams.get('nonce'));
  t.equal(asked.searchParams.get('redirect_uri'), `${ORIGIN}/signin/oidc/callback`);
  const flowCookie = begun.cookies.find(({ name }) => name.startsWith(FLOW_COOKIES));
  t.match(flowCookie, { httpOnly: true, sameSite: 'Lax', maxAge: FLOW_LIFETIME_MS / 1000 });

  t.test('a stranger reads that they have no role, and how to get one', async (t) => {
    const entered = await browser.get(path);
    t.equal(entered.statusCode, 303, entered.body);
    t.equal(entered.headers.location, '/tenants', 'not to the page of a tenant that isn’t theirs');
    t.notOk(
      signerOf(settings).verify(opened(browser, flowCookieIn(browser)), Date.now()),
      'the begun sign-in is over',
    );
    const person = await site.database.db
      .selectFrom('opsledger.persons')
      .selectAll()
      .where('subject', '=', 'mara')
      .executeTakeFirstOrThrow();
    t.match(person, {
      issuer: settings.issuer,
      display_name: 'mara of the provider',
      email: 'mara@example.test',
    });
    const page = await browser.get('/tenants');
    t.match(page.body, 'You have no role in any tenant');
    t.match(page.body, person.person_id, 'the code that an owner can add them by');
    t.equal((await browser.get('/t/contoso/operations')).statusCode, 403);
  });

  t.test(
    'several tabs at the provider, Back to the callback, and one callback requested twice',
    async (t) => {
      const tabs = browserOf(site);
      const first = await throughProvider(tabs, provider, 'mara', '/t/contoso/drift');
      const second = await throughProvider(tabs, provider, 'mara', '/t/contoso/inventory');
      t.equal((await tabs.get(second.path)).headers.location, '/tenants', 'the later one');
      t.equal((await tabs.get(first.path)).headers.location, '/tenants', 'the earlier one as well');
      t.equal(
        (await tabs.get(first.path)).headers.location,
        '/tenants',
        'Back leads to the page that the sign-in led to, without an error',
      );
      const answered = flowCookieIn(tabs);
      const { ledTo, endedAt } = signerOf(settings).verifyFinished(opened(tabs, answered), Date.now()) ?? {};
      if (ledTo === undefined || endedAt === undefined) throw new Error('the cookie can’t be opened');
      t.equal(
        signerOf(settings).verify(opened(tabs, answered), Date.now()),
        undefined,
        'nothing can be redeemed with it',
      );
      const late = signerOf(settings).sign({ ledTo, endedAt: endedAt - FINISHED_LIFETIME_MS });
      tabs.cookies.set(answered, encodeURIComponent(late));
      t.equal((await tabs.get(first.path)).headers.location, '/', 'an hour later to the start page');
      const forged = createFlowSigner(randomBytes(32)).sign({ ledTo: '/t/forged', endedAt });
      tabs.cookies.set(answered, encodeURIComponent(forged));
      t.equal((await tabs.get(first.path)).headers.location, '/', 'and nowhere that was not signed here');
      const hasty = browserOf(site);
      const { path } = await throughProvider(hasty, provider, 'mara');
      const answers = await Promise.all([hasty.get(path), hasty.get(path)]);
      t.same(
        answers.map(({ statusCode }) => statusCode),
        [303, 303],
      );
      t.equal((await hasty.get('/tenants')).statusCode, 200, 'with a session');
      const many = browserOf(site);
      const begun: string[] = [];
      for (let tab = 0; tab < 8; tab++) {
        await many.get('/signin/oidc');
        begun.push([...many.cookies.keys()].at(-1) ?? '');
      }
      const kept = [...many.cookies.keys()].filter((name) => name.startsWith(FLOW_COOKIES));
      t.same(kept, begun.slice(-5), 'the oldest of the sign-ins that were given up are forgotten');
    },
  );

  t.test('a new sign-in rotates the session and keeps the person', async (t) => {
    const sessionBefore = browser.cookies.get(SESSION_COOKIE);
    const known = await site.database.db
      .selectFrom('opsledger.persons')
      .select('person_id')
      .where('subject', '=', 'mara')
      .executeTakeFirstOrThrow();
    await site.addMember(tenant.tenantId, known.person_id, 'operator');
    const again = await throughProvider(browser, provider, 'mara', '/t/contoso/operations');
    const entered = await browser.get(again.path);
    t.equal(entered.headers.location, '/t/contoso/operations', entered.body);
    t.not(browser.cookies.get(SESSION_COOKIE), sessionBefore);
    t.equal((await browser.get('/t/contoso/operations')).statusCode, 200);
    const old = await site.app.inject({
      url: '/t/contoso/operations',
      headers: { cookie: `${SESSION_COOKIE}=${sessionBefore}` },
    });
    t.equal(old.statusCode, 303, 'the session from before has ended');
  });

  t.test('sign-out ends the session here and leads to the provider’s own sign-out', async (t) => {
    const home = await browser.get('/tenants');
    const csrf = /name="_csrf" value="([^"]+)"/.exec(home.body)?.[1] ?? '';
    const session = browser.cookies.get(SESSION_COOKIE);
    const out = await browser.post('/signout', { _csrf: csrf });
    t.equal(out.statusCode, 200);
    const to = /href="(http[^"]+)"/.exec(out.body)?.[1]?.replaceAll('&amp;', '&') ?? '';
    const providerUrl = new URL(to);
    t.equal(providerUrl.origin, provider.issuer.origin);
    t.equal(providerUrl.searchParams.get('post_logout_redirect_uri'), `${ORIGIN}/signin`);
    t.ok(providerUrl.searchParams.get('id_token_hint'));
    t.equal((await fetch(providerUrl)).status, 200, 'the provider takes the request');
    browser.cookies.set(SESSION_COOKIE, session ?? '');
    t.equal((await browser.get('/tenants')).statusCode, 303, 'the session is gone on the server too');
  });
});

t.test('a session is renewed every hour, and ends when the account has ended at the provider', async (t) => {
  const { provider, settings, site } = await siteWithProvider(t);
  const browser = browserOf(site);
  const { begun, path } = await throughProvider(browser, provider, 'mara');
  const scopes = new URL(String(begun.headers.location)).searchParams.get('scope');
  t.equal(
    scopes,
    'openid profile email offline_access',
    'offline_access is requested because the provider announces it',
  );
  await browser.get(path);
  const { db } = site.database;
  const kept = () =>
    db.selectFrom('opsledger.sessions').select(['session_hash', 'sealed_renewal', 'renew_at']).execute();
  const [session] = await kept();
  t.ok(session?.sealed_renewal, 'the session keeps the refresh token');
  t.equal((await browser.get('/tenants')).statusCode, 200);

  const streamsEnded: string[] = [];
  const passAt = (now: number, renewalKey = settings.renewalKey) =>
    renewDueSessions(db, { ...settings, renewalKey }, now, (hash) => streamsEnded.push(hash));
  const hour = LIMITS.sessionRenewEveryMs;
  const signedInAt = Number(session?.renew_at) - hour;

  await passAt(signedInAt + hour / 2);
  t.same(await kept(), [session], 'nothing is due yet');
  await passAt(signedInAt + hour);
  const [renewed] = await kept();
  t.notSame(renewed?.sealed_renewal, session?.sealed_renewal, 'the provider rotates refresh tokens');
  t.same(renewed?.renew_at, new Date(signedInAt + 2 * hour));

  // The session is in use, because one that was idle for two hours isn't renewed.
  await db
    .updateTable('opsledger.sessions')
    .set({ last_seen_at: new Date(signedInAt + 2 * hour) })
    .execute();
  await provider.stop();
  await passAt(signedInAt + 2 * hour - 1);
  await passAt(signedInAt + 2 * hour);
  t.same(
    await kept(),
    [{ ...renewed, renew_at: new Date(signedInAt + 2 * hour + LIMITS.sessionRenewRetryMs) }],
    'without an answer the session goes on and the provider is asked again soon',
  );
  await provider.start();
  provider.endAccount('mara');
  await passAt(signedInAt + 3 * hour);
  t.same(await kept(), []);
  t.same(streamsEnded, [session?.session_hash], 'its live pages end as well');
  t.equal((await browser.get('/tenants')).statusCode, 303, 'and the next page leads to sign-in');

  const other = browserOf(site);
  await other.get((await throughProvider(other, provider, 'lena')).path);
  await passAt(Date.now() + hour, randomBytes(32));
  t.same(await kept(), [], 'under another master key nothing can be confirmed, so the session ends');
});

t.test('a long ID token isn’t repeated in the sign-out address', async (t) => {
  const groups = Array.from({ length: 60 }, (_, i) => `group-${i}-of-the-account`);
  const { provider, site } = await siteWithProvider(t, { distort: (claims) => ({ ...claims, groups }) });
  const browser = browserOf(site);
  await browser.get((await throughProvider(browser, provider, 'mara')).path);
  const csrf = /name="_csrf" value="([^"]+)"/.exec((await browser.get('/tenants')).body)?.[1] ?? '';
  const out = await browser.post('/signout', { _csrf: csrf });
  const to = /href="(http[^"]+)"/.exec(out.body)?.[1]?.replaceAll('&amp;', '&') ?? '';
  t.ok(to.length > 0 && to.length < 2_083, `${to.length} characters`);
  t.equal(new URL(to).searchParams.get('client_id'), 'opsledger-test');
  t.equal((await fetch(to)).status, 200, 'the provider takes the request');
  for (const path of ['/signin/oidc', '/signin/oidc/callback']) {
    const head = await site.app.inject({ method: 'HEAD', url: path });
    t.match([head.statusCode, head.headers.allow], [405, 'GET'], `HEAD ${path}`);
  }
});

t.test('answers that belong to no sign-in of this browser', async (t) => {
  const { provider, settings, site } = await siteWithProvider(t);
  const noEntry = async (browser: Browser, path: string, status: number, words: RegExp) => {
    const answer = await browser.get(path);
    t.equal(answer.statusCode, status, answer.body);
    t.match(answer.body, words);
    t.notOk(browser.cookies.has(SESSION_COOKIE), 'nobody is signed in');
  };
  const again = /Sign in again/;

  t.test('another state', async () => {
    const browser = browserOf(site);
    const { path } = await throughProvider(browser, provider, 'mara');
    await noEntry(browser, path.replace(/state=[^&]+/, 'state=another'), 400, again);
    await noEntry(browser, path.replace(/&?state=[^&]+/, ''), 400, again);
    // The cookie's name has only the beginning of the state.
    await noEntry(
      browser,
      path.replace(/state=[^&]+/, (state) => `${state}x`),
      400,
      again,
    );
  });

  t.test('a sign-in that another browser began', async () => {
    const attacker = browserOf(site);
    const { path } = await throughProvider(attacker, provider, 'attacker');
    await noEntry(browserOf(site), path, 400, again);
    const victim = browserOf(site);
    await victim.get('/signin/oidc');
    await noEntry(victim, path, 400, again);
  });

  t.test('a code that was used before', async (t) => {
    const browser = browserOf(site);
    const { path } = await throughProvider(browser, provider, 'mara');
    const cookie = flowCookieIn(browser);
    const flow = browser.cookies.get(cookie) ?? '';
    t.equal((await browser.get(path)).statusCode, 303);
    const replaying = browserOf(site);
    replaying.cookies.set(cookie, flow);
    const replayed = await replaying.get(path);
    t.equal(replayed.headers.location, '/', 'leads to where the sign-in was meant to lead');
    t.notOk(replaying.cookies.has(SESSION_COOKIE), 'without a session, and so to sign-in');
    await noEntry(replaying, path, 400, again);
  });

  t.test('another issuer’s answer', async () => {
    const browser = browserOf(site);
    const { path } = await throughProvider(browser, provider, 'mara');
    await noEntry(browser, path.replace(/iss=[^&]+/, 'iss=https%3A%2F%2Fevil.example'), 400, again);
  });

  t.test('another nonce and another verifier', async (t) => {
    const signer = createFlowSigner(settings.flowKey);
    for (const [change, status] of [
      [{ nonce: 'another' }, 400],
      [{ codeVerifier: 'a'.repeat(43) }, 303],
    ] as const) {
      const browser = browserOf(site);
      const { path } = await throughProvider(browser, provider, 'mara');
      const flow = signer.verify(
        decodeURIComponent(browser.cookies.get(flowCookieIn(browser)) ?? ''),
        Date.now(),
      );
      if (!flow) throw new Error('the cookie can’t be opened');
      browser.cookies.set(flowCookieIn(browser), encodeURIComponent(signer.sign({ ...flow, ...change })));
      t.equal((await browser.get(path)).statusCode, status);
      t.notOk(browser.cookies.has(SESSION_COOKIE), 'nobody is signed in');
    }
  });

  t.test('a sign-in begun too long ago, or in the future', async () => {
    const browser = browserOf(site);
    const { path } = await throughProvider(browser, provider, 'mara');
    const signer = createFlowSigner(settings.flowKey);
    const flow = signer.verify(
      decodeURIComponent(browser.cookies.get(flowCookieIn(browser)) ?? ''),
      Date.now(),
    );
    if (!flow) throw new Error('the cookie can’t be opened');
    const late = { ...flow, begunAt: flow.begunAt - FLOW_LIFETIME_MS };
    browser.cookies.set(flowCookieIn(browser), encodeURIComponent(signer.sign(late)));
    await noEntry(browser, path, 400, again);
    const early = { ...flow, begunAt: Date.now() + FLOW_LIFETIME_MS };
    browser.cookies.set(flowCookieIn(browser), encodeURIComponent(signer.sign(early)));
    await noEntry(browser, path, 400, again);
  });

  t.test('a cookie that was not signed here', async () => {
    const browser = browserOf(site);
    const { path } = await throughProvider(browser, provider, 'mara');
    const forged = createFlowSigner(randomBytes(32)).sign(beginFlow('/', Date.now()));
    browser.cookies.set(flowCookieIn(browser), encodeURIComponent(forged));
    await noEntry(browser, path, 400, again);
    browser.cookies.set(flowCookieIn(browser), 'nonsense');
    await noEntry(browser, path, 400, again);
  });

  t.test('somebody whom the provider refuses', async () => {
    const browser = browserOf(site);
    const { path } = await throughProvider(browser, provider, '');
    await noEntry(browser, path, 403, /did not sign you in \(access_denied\)/);
  });
});

t.test('targets on other sites are not followed', async (t) => {
  const { provider, site } = await siteWithProvider(t);
  const { tenantId } = await site.tenant('contoso');
  const first = browserOf(site);
  await first.get((await throughProvider(first, provider, 'mara')).path);
  const { person_id } = await site.database.db
    .selectFrom('opsledger.persons')
    .select('person_id')
    .where('subject', '=', 'mara')
    .executeTakeFirstOrThrow();
  await site.addMember(tenantId, person_id, 'readonly');
  for (const next of ['https://evil.example/', '//evil.example', '/\\evil.example', 'javascript:alert(1)']) {
    const browser = browserOf(site);
    const { path } = await throughProvider(browser, provider, 'mara', next);
    t.equal((await browser.get(path)).headers.location, '/', next);
  }
});

/** A provider whose ID tokens are changed by the function that the test sets last. */
async function siteWithDistortions(t: Test) {
  const tokens: { distort: (claims: Claims) => Claims } = { distort: (claims) => claims };
  const { provider, site } = await siteWithProvider(t, { distort: (claims) => tokens.distort(claims) });
  async function signIn(distort: (claims: Claims) => Claims) {
    tokens.distort = distort;
    const browser = browserOf(site);
    const { path } = await throughProvider(browser, provider, 'mara');
    const answer = await browser.get(path);
    return { answer, isSignedIn: browser.cookies.has(SESSION_COOKIE) };
  }
  const persons = () => site.database.db.selectFrom('opsledger.persons').selectAll().execute();
  return { signIn, persons };
}

t.test('ID tokens that are not for this sign-in', async (t) => {
  const { signIn, persons } = await siteWithDistortions(t);
  const distortions: Record<string, (claims: Claims) => Claims> = {
    'of another issuer': (claims) => ({ ...claims, iss: 'https://login.evil.example' }),
    'for another client': (claims) => ({ ...claims, aud: 'another-client' }),
    'with another nonce': (claims) => ({ ...claims, nonce: 'another' }),
    'without a nonce': ({ nonce: _, ...claims }) => claims,
  };
  for (const [what, distort] of Object.entries(distortions)) {
    const { answer, isSignedIn } = await signIn(distort);
    t.equal(answer.statusCode, 400, `${what}: ${answer.body}`);
    t.notOk(isSignedIn, what);
  }
  t.same(await persons(), [], 'no person is recorded');
});

t.test('an ID token signed with another key', async (t) => {
  const { provider, site } = await siteWithProvider(t, { forgesSignatures: true });
  const browser = browserOf(site);
  const { path } = await throughProvider(browser, provider, 'mara');
  t.equal((await browser.get(path)).statusCode, 400);
  t.notOk(browser.cookies.has(SESSION_COOKIE));
  t.same(await site.database.db.selectFrom('opsledger.persons').selectAll().execute(), []);
});

t.test('a small clock difference is tolerated, and a large one is named', async (t) => {
  const { signIn, persons } = await siteWithDistortions(t);
  // A minute and more away from the edges of five minutes, so that a slow machine changes nothing.
  const HOUR = 3600;
  const MINUTE = 60;
  const issued = (aheadSeconds: number, more: readonly string[]) => (claims: Claims) => {
    const atSeconds = Math.floor(Date.now() / 1000) + aheadSeconds;
    const times = Object.fromEntries(['iat', ...more].map((claim) => [claim, atSeconds]));
    return { ...claims, ...times, exp: atSeconds + HOUR };
  };
  for (const distort of [
    issued(10 * MINUTE, ['nbf']),
    issued(10 * MINUTE, []),
    issued(-HOUR - 10 * MINUTE, []),
  ]) {
    const { answer, isSignedIn } = await signIn(distort);
    t.equal(answer.statusCode, 500);
    t.match(answer.body, /clocks of the sign-in provider and of this installation are too far apart/);
    t.notOk(isSignedIn);
  }
  t.same(await persons(), [], 'no person is recorded');
  for (const distort of [
    issued(4 * MINUTE, ['nbf']),
    issued(4 * MINUTE, []),
    issued(-HOUR - 4 * MINUTE, []),
  ]) {
    const { answer, isSignedIn } = await signIn(distort);
    t.equal(answer.statusCode, 303, answer.body);
    t.ok(isSignedIn);
  }
});

t.test('a provider with another issuer in its metadata', async (t) => {
  const { site } = await siteWithProvider(t, { issuer: 'https://login.evil.example' });
  const answer = await browserOf(site).get('/signin/oidc');
  t.equal(answer.statusCode, 500);
  t.match(answer.body, /don’t fit together/);
});

t.test('a client with a secret', async (t) => {
  const clientSecret = 'a-client-secret-of-the-tests-0123456789';
  t.test('the right secret', async (t) => {
    const { provider, site } = await siteWithProvider(t, { clientSecret }, { clientSecret });
    const browser = browserOf(site);
    const { path } = await throughProvider(browser, provider, 'mara');
    t.equal((await browser.get(path)).statusCode, 303);
  });
  t.test('a wrong secret', async (t) => {
    const { provider, site } = await siteWithProvider(
      t,
      { clientSecret },
      { clientSecret: 'another-secret' },
    );
    const browser = browserOf(site);
    const { path } = await throughProvider(browser, provider, 'mara');
    const answer = await browser.get(path);
    t.equal(answer.statusCode, 500);
    t.match(answer.body, /don’t fit together/);
    t.notMatch(answer.body, 'secret');
  });
});

t.test('a provider that is down at start, comes up, goes down and comes up again', async (t) => {
  const { provider, site } = await siteWithProvider(t);
  await provider.stop();
  const browser = browserOf(site);
  t.equal((await browser.get('/signin')).statusCode, 200, 'the page itself needs no provider');
  const down = await browser.get('/signin/oidc');
  t.equal(down.statusCode, 503);
  t.match(down.body, /can’t be reached at the moment/);

  await provider.start();
  const { path } = await throughProvider(browser, provider, 'mara');
  await provider.stop();
  const interrupted = await browser.get(path);
  t.equal(interrupted.statusCode, 503);
  await provider.start();
  t.equal((await browser.get(path)).statusCode, 303, 'the same sign-in can still be finished');

  await provider.stop();
  const home = await browser.get('/tenants');
  const csrf = /name="_csrf" value="([^"]+)"/.exec(home.body)?.[1] ?? '';
  const session = browser.cookies.get(SESSION_COOKIE);
  t.equal((await browser.post('/signout', { _csrf: csrf })).statusCode, 200, 'sign-out needs no provider');
  browser.cookies.set(SESSION_COOKIE, session ?? '');
  t.equal((await browser.get('/tenants')).statusCode, 303);
});

t.test('a provider whose token endpoint has moved is read again', async (t) => {
  const { provider, settings, site } = await siteWithProvider(t);
  const browser = browserOf(site);
  const { path } = await throughProvider(browser, provider, 'mara');
  const client = createOidcClient(settings, systemClock);
  await client.authorizationUrl(beginFlow('/', Date.now()));
  provider.moveTokenEndpoint();
  t.equal((await browser.get(path)).statusCode, 303, 'and asked where it is now, with the same code');

  const { db } = site.database;
  const renewAt = () =>
    db.selectFrom('opsledger.sessions').select(['renew_at', 'sealed_renewal']).executeTakeFirstOrThrow();
  const before = await renewAt();
  const due = Number(before.renew_at);
  await renewDueSessions(db, settings, due, undefined, client);
  const renewed = await renewAt();
  t.same(renewed.renew_at, new Date(due + LIMITS.sessionRenewEveryMs), 'a renewal asks there too');
  t.notSame(renewed.sealed_renewal, before.sealed_renewal);
});

t.test('a new key of the provider is read at once, without a restart', async (t) => {
  const { provider, site } = await siteWithProvider(t);
  const browser = browserOf(site);
  t.equal((await browser.get((await throughProvider(browser, provider, 'mara')).path)).statusCode, 303);
  provider.rollKey();
  const { path } = await throughProvider(browser, provider, 'lena');
  t.equal((await browser.get(path)).statusCode, 303);
});

t.test('with a base path the provider redirects people below it', async (t) => {
  const { site } = await siteWithProvider(t, {}, { basePath: '/ops' });
  const begun = await browserOf(site).get('/signin/oidc');
  const asked = new URL(String(begun.headers.location));
  t.equal(asked.searchParams.get('redirect_uri'), `${ORIGIN}/ops/signin/oidc/callback`);
});

t.test('behind TLS every cookie of a sign-in is secure, and no script reads one', async (t) => {
  const publicUrl = 'https://ops.example';
  const provider = await testProvider(t, { redirectOrigin: publicUrl });
  const site = await hubSite(t, {
    oidc: settingsOf(provider.issuer, { publicOrigin: publicUrl }),
    publicUrl,
  });
  const browser = browserOf(site);
  const { begun, path } = await throughProvider(browser, provider, 'mara');
  const entered = await browser.get(path);
  const of = ({ cookies }: typeof entered) =>
    cookies
      .filter(({ value }) => value !== '')
      .map(({ name, value: _, ...attributes }) => ({ name: name.replace(/(_oidc_).*/, '$1'), ...attributes }))
      .sort((one, other) => one.name.localeCompare(other.name));
  const common = { httpOnly: true, secure: true };
  const lax = { ...common, path: '/', sameSite: 'Lax' };
  t.match(of(begun), [{ name: '__Host-opsledger_oidc_', ...lax }]);
  t.match(of(entered), [
    { name: '__Host-opsledger', ...lax },
    { name: '__Host-opsledger_oidc_', ...lax },
    { name: '__Secure-opsledger_idt', ...common, path: '/signout', sameSite: 'Strict' },
  ]);
});

t.test('with an issuer there is no development sign-in', async (t) => {
  const { site } = await siteWithProvider(t);
  const { persons } = await site.tenant('contoso');
  const answer = await browserOf(site).get(`/signin/dev?person=${persons.owner}&token=${site.secret}`);
  t.equal(answer.statusCode, 404);
});

t.test('the development sign-in does not answer through a proxy or under another name', async (t) => {
  const site = await hubSite(t);
  const { persons } = await site.tenant('contoso');
  const url = `/signin/dev?person=${persons.owner}&token=${site.secret}`;
  const ask = (headers: Record<string, string>) => site.app.inject({ url, headers });
  t.equal((await ask({ host: 'localhost:8420' })).statusCode, 303);
  t.equal((await ask({ host: 'ops.example.test' })).statusCode, 403);
  for (const header of ['x-forwarded-for', 'forwarded', 'x-real-ip', 'via'])
    t.equal((await ask({ host: 'localhost:8420', [header]: '203.0.113.9' })).statusCode, 403, header);
});
