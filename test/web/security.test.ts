import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import t from 'tap';
import { csrfTokenOf } from '../../src/web/auth/csrf.js';
import { LIMITS } from '../../src/web/limits.js';
import { hubSite } from '../support/hub-site.js';
import { openLive } from '../support/live-client.js';

const FORM = { 'content-type': 'application/x-www-form-urlencoded' };
const sessionIn = (cookies: { name: string; value: string }[]) =>
  cookies.find(({ name }) => name === 'opsledger_session')?.value;

t.test('sessions', async (t) => {
  const site = await hubSite(t);
  const { persons } = await site.tenant('contoso');
  const link = (token: string, more = '') => `/signin/dev?person=${persons.operator}&token=${token}${more}`;

  t.equal((await site.app.inject(link('wrong'))).statusCode, 403, 'a link needs its secret');
  t.equal(
    (await site.app.inject({ url: link(site.secret), headers: { host: 'evil.invalid' } })).statusCode,
    403,
    'a foreign name that resolves to this machine is refused',
  );
  const unknown = link(site.secret).replace(persons.operator, persons.operator.replace(/^./, '0'));
  if (unknown !== link(site.secret)) {
    t.equal((await site.app.inject(unknown)).statusCode, 400, 'only persons of the list');
  }

  const first = await site.app.inject(link(site.secret, '&next=//evil.invalid'));
  t.equal(first.headers.location, '/', 'a foreign target is not gone to');
  const cookie = String(first.headers['set-cookie']);
  t.match(cookie, /HttpOnly/);
  t.match(cookie, /SameSite=Lax/);
  const secret = sessionIn(first.cookies) ?? '';
  const stored = await site.database.db.selectFrom('opsledger.sessions').select('session_hash').execute();
  t.notOk(
    stored.some(({ session_hash }) => session_hash.includes(secret)),
    'only a hash is stored',
  );

  const headers = { cookie: `opsledger_session=${secret}` };
  const again = await site.app.inject({ url: link(site.secret), headers });
  t.not(sessionIn(again.cookies), secret, 'signing in rotates the session');
  t.match(
    (await site.app.inject({ url: '/tenants', headers })).headers.location,
    /^\/signin/,
    'the old one is over',
  );

  const now = sessionIn(again.cookies) ?? '';
  const signedIn = { cookie: `opsledger_session=${now}` };
  t.equal((await site.app.inject({ url: '/tenants', headers: signedIn })).statusCode, 200);
  const out = { method: 'POST', url: '/signout', headers: { ...signedIn, ...FORM } } as const;
  t.equal((await site.app.inject(out)).statusCode, 403, 'signing out takes a form token');
  await site.app.inject({ ...out, payload: `_csrf=${csrfTokenOf(now)}` });
  t.match((await site.app.inject({ url: '/tenants', headers: signedIn })).headers.location, /^\/signin/);

  const idle = await site.cookieOf(persons.operator);
  await site.database.db
    .updateTable('opsledger.sessions')
    .set({ last_seen_at: new Date(Date.now() - LIMITS.sessionIdleMs - 1000) })
    .execute();
  t.match(
    (await site.app.inject({ url: '/tenants', headers: { cookie: idle } })).headers.location,
    /^\/signin/,
  );
  const answer = await site.app.inject('/t/contoso/operations?bucket=failed');
  t.equal(
    answer.headers.location,
    '/signin?next=%2Ft%2Fcontoso%2Foperations%3Fbucket%3Dfailed',
    'and back after it',
  );
});

t.test('old cookies don’t cause redirect loops', async (t) => {
  /** The names of all cookies that the sign-in of a site sets. */
  async function signIn(publicUrl: string) {
    const site = await hubSite(t, { publicUrl });
    const { persons } = await site.tenant('contoso');
    const link = `/signin/dev?person=${persons.operator}&token=${site.secret}`;
    const headers = { cookie: '__Host-opsledger=old; opsledger=old; opsledger_session=old' };
    const refused = await site.app.inject({ url: '/tenants', headers });
    const page = await site.app.inject({ url: String(refused.headers.location), headers });
    t.equal(page.statusCode, 200, 'an old session leads to the form');
    const entered = await site.app.inject({ url: link, headers });
    t.equal(entered.statusCode, 303, 'and a new one begins beside it');
    const set = [...page.cookies, ...entered.cookies];
    return set.filter(({ value }) => value !== '').map(({ name }) => name);
  }
  const secure = await signIn('https://127.0.0.1');
  const plain = await signIn('http://127.0.0.1');
  t.equal(new Set([...secure, ...plain]).size, 4, [...secure, ...plain].join());
  // Over plain HTTP a browser neither sends nor replaces a cookie of the same name that was set over TLS.
});

t.test('writes are accepted only from the site’s own pages', async (t) => {
  const site = await hubSite(t);
  const { persons } = await site.tenant('contoso');
  const cookie = await site.cookieOf(persons.operator);
  const token = csrfTokenOf(cookie.split('=')[1] ?? '');
  const other = csrfTokenOf((await site.cookieOf(persons.operator)).split('=')[1] ?? '');
  const start = (headers: Record<string, string>, payload: string) =>
    site.app.inject({
      method: 'POST',
      url: '/t/contoso/inventory/start',
      headers: { cookie, ...FORM, ...headers },
      payload,
    });
  t.equal((await start({}, '')).statusCode, 403, 'no token');
  t.equal((await start({}, `_csrf=${other}`)).statusCode, 403, 'another session’s token');
  t.equal(
    (await start({ origin: 'https://evil.invalid' }, `_csrf=${token}`)).statusCode,
    403,
    'foreign origin',
  );
  const agreeing = { host: 'evil.invalid', origin: 'http://evil.invalid' };
  t.equal((await start(agreeing, `_csrf=${token}`)).statusCode, 403, 'a foreign name that points here');
  const scheme = { host: '127.0.0.1:80', origin: 'https://127.0.0.1:80' };
  t.equal((await start(scheme, `_csrf=${token}`)).statusCode, 403, 'a foreign scheme');
  t.equal((await start({ origin: 'null' }, `_csrf=${token}`)).statusCode, 403, 'no origin');
  for (const from of ['cross-site', 'same-site']) {
    t.equal((await start({ 'sec-fetch-site': from }, `_csrf=${token}`)).statusCode, 403, from);
  }
  t.equal((await start({ 'sec-fetch-site': 'same-origin' }, `_csrf=${token}`)).statusCode, 303, 'our own');
  const asApi = { method: 'GET', url: '/api/v1/tenants', headers: { cookie } } as const;
  t.equal((await site.app.inject(asApi)).statusCode, 401, 'the API takes no cookies');
});

t.test('headers, sizes and rates', async (t) => {
  const site = await hubSite(t);
  const { persons } = await site.tenant('contoso');
  const cookie = await site.cookieOf(persons.operator);
  for (const url of ['/signin', '/t/contoso/operations', '/nothing', '/api/v1/tenants', '/healthz']) {
    const response = await site.app.inject({ url, headers: { cookie }, payloadAsStream: true });
    response.stream().destroy();
    const policy = String(response.headers['content-security-policy']);
    t.match(policy, /default-src 'none'.*frame-ancestors 'none'/, url);
    t.notMatch(policy, /unsafe/);
    t.equal(response.headers['x-content-type-options'], 'nosniff');
    t.match(response.headers['cache-control'], /no-store/);
  }
  const address = await site.app.listen({ host: '127.0.0.1', port: 0 });
  const live = await openLive(address, cookie, ['/t/contoso/operations?position=-1']);
  t.match(live.headers.get('content-security-policy'), /default-src 'none'/, 'a live stream as well');
  await live.close();
  const many = Array.from({ length: LIMITS.liveStreamsPerSession + 1 }, () =>
    openLive(address, cookie, ['/t/contoso/operations?position=-1']),
  );
  const streams = await Promise.all(many);
  const [excess, ...others] = streams.filter(({ status }) => status === 429);
  t.match(
    [excess?.headers.get('retry-after'), others.length],
    ['10', 0],
    'one stream too many is refused for now',
  );
  for (const stream of streams) await stream.close();
  const asset =
    /href="(\/assets\/hub\.[0-9a-f]+\.css)"/.exec((await site.app.inject('/signin')).body)?.[1] ?? '';
  const css = await site.app.inject({ url: asset, headers: { 'accept-encoding': 'br' } });
  t.match(css.headers['cache-control'], /immutable/);
  t.equal(css.headers['content-encoding'], 'br');
  const plain = (await site.app.inject(asset)).body;
  t.equal(brotliDecompressSync(css.rawPayload).toString(), plain, 'compressed and plain are the same file');
  const zipped = await site.app.inject({ url: asset, headers: { 'accept-encoding': 'gzip' } });
  t.equal(gunzipSync(zipped.rawPayload).toString(), plain);
  t.ok(plain.length < 45_000, 'the stylesheet is small');
  t.equal((await site.app.inject('/assets/..%2f..%2fpackage.json')).statusCode, 404);

  const large = await site.app.inject({
    method: 'POST',
    url: '/t/contoso/inventory/start',
    headers: { cookie, ...FORM },
    payload: `x=${'y'.repeat(LIMITS.bodyBytes)}`,
  });
  t.equal(large.statusCode, 413);

  let refused = 0;
  for (let n = 0; n < LIMITS.signInsPerAddressPerMinute + 5; n++) {
    const { statusCode } = await site.app.inject({
      url: '/signin/dev?token=guess',
      remoteAddress: '10.9.9.9',
    });
    if (statusCode === 429) refused++;
  }
  t.equal(refused, 5, 'guessing a sign-in secret is slow');
  const bad = await site.app.inject({ url: '/t/contoso/operations?before=x', headers: { cookie } });
  t.equal(bad.statusCode, 400);
  t.match(bad.body, /before/, 'the answer names the wrong parameter');
});

t.test('while the read models are missing, pages say so and starts are still recorded', async (t) => {
  const site = await hubSite(t, { projector: false });
  const { persons } = await site.tenant('contoso');
  const cookie = await site.cookieOf(persons.operator);
  const token = csrfTokenOf(cookie.split('=')[1] ?? '');
  const page = await site.app.inject({ url: '/t/contoso/operations', headers: { cookie } });
  t.equal(page.statusCode, 503);
  t.match(page.body, /being built from the log/);
  const started = await site.app.inject({
    method: 'POST',
    url: '/t/contoso/inventory/start',
    headers: { cookie, ...FORM },
    payload: `_csrf=${token}`,
  });
  t.equal(started.statusCode, 303);
  t.match(started.headers.location, /runs\/[0-9a-f]{32}-0$/);
  site.projector.start();
  await site.settle();
  const shown = await site.app.inject({ url: String(started.headers.location), headers: { cookie } });
  t.equal(shown.statusCode, 200, 'and it is shown once they are');
});
