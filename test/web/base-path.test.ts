import t from 'tap';
import {
  basePathOf,
  cookieName,
  htmlWithBasePath,
  withBasePath,
  withoutBasePath,
} from '../../src/web/base-path.js';
import { hubSite } from '../support/hub-site.js';

t.test('the path of an address', async (t) => {
  t.equal(basePathOf('https://ops.example'), '');
  t.equal(basePathOf('https://example.org/ops/ledger/'), '/ops/ledger');
  const inside = withoutBasePath('/ops');
  for (const [asked, routed] of [
    ['/ops', '/'],
    ['/ops?x=1', '/?x=1'],
    ['/ops/t/a?next=/ops', '/t/a?next=/ops'],
    ['/t/a', '/t/a'],
    ['/opsledger', '/opsledger'],
    ['/ops//evil.example', '//evil.example'],
  ] as const)
    t.equal(inside({ url: asked }), routed, asked);
  t.equal(withBasePath('/ops', '/signin'), '/ops/signin');
  for (const elsewhere of ['https://other.example/', '//other.example', '#part'])
    t.equal(withBasePath('/ops', elsewhere), elsewhere);
  t.equal(
    htmlWithBasePath('/ops', '<a class="x" href="/t">a</a><a href="//x"></a><p>href=&quot;/t&quot;</p>'),
    '<a class="x" href="/ops/t">a</a><a href="//x"></a><p>href=&quot;/t&quot;</p>',
  );
  t.equal(cookieName('a', { tls: true }), '__Host-a');
  t.equal(cookieName('a', { tls: true, basePath: '/ops' }), '__Secure-a');
});

t.test('a hub below a base path', async (t) => {
  const site = await hubSite(t, { publicUrl: 'https://example.org/ops', trustedProxies: ['10.0.0.0/8'] });
  const { persons } = await site.tenant('contoso');
  const get = (url: string, headers: Record<string, string> = {}) => site.app.inject({ url, headers });

  const asked = await get('/ops/t/contoso/operations?bucket=failed');
  t.equal(
    asked.headers.location,
    '/ops/signin?next=%2Ft%2Fcontoso%2Foperations%3Fbucket%3Dfailed',
    'a redirect stays under the path',
  );
  const link = `/ops/signin/dev?person=${persons.owner}&token=${site.secret}&next=/t/contoso/operations`;
  const signedIn = await get(link, { host: '127.0.0.1' });
  t.match([signedIn.statusCode, signedIn.headers.location], [303, '/ops/t/contoso/operations']);
  const session = signedIn.cookies.find(({ name }) => name === '__Secure-opsledger');
  // A browser sends a cookie of `/ops` to that address and below it, and one of `/ops/` only below it.
  t.match(session, { path: '/ops', secure: true, httpOnly: true, sameSite: 'Lax' });
  const cookie = `${session?.name}=${session?.value}`;

  for (const url of ['/ops/t/contoso/operations', '/ops/tenants', '/ops/t/contoso/health', '/ops/signin']) {
    const { statusCode, body } = await get(url, { cookie, host: '127.0.0.1' });
    t.equal(statusCode, 200, url);
    const addresses = [...body.matchAll(/ (?:href|src|action|data-copy)="(\/[^"]*)"/g)].map(
      ([, to]) => to ?? '',
    );
    t.ok(addresses.length > 3);
    t.same(
      addresses.filter((to) => !to.startsWith('/ops/') || to.startsWith('/ops/ops/')),
      [],
      `every address of ${url} is under the path, once`,
    );
    for (const asset of addresses.filter((to) => to.includes('/assets/')))
      t.equal((await get(asset)).statusCode, 200, asset);
    t.match(body, /<html lang="en" data-base="\/ops">/);
  }
  const css = (await get('/ops/tenants', { cookie })).body.match(/\/ops\/assets\/hub\.[^"]+\.css/)?.[0] ?? '';
  t.match(
    (await get(css)).body,
    /url\("inter\.[0-9a-f]+\.woff2"\)/,
    'the font is found beside the stylesheet',
  );
  t.equal((await get('/tenants', { cookie })).statusCode, 200, 'a proxy may take the path off itself');

  const left = async (remoteAddress: string, client: string) => {
    const headers = { 'x-forwarded-for': client };
    const answer = await site.app.inject({ url: '/signin', remoteAddress, headers });
    return Number(answer.headers['x-ratelimit-remaining']);
  };
  const first = await left('10.1.1.1', '203.0.113.7');
  t.equal(await left('10.2.2.2', '203.0.113.7'), first - 1, 'a trusted proxy names the client');
  t.equal(await left('10.1.1.1', '203.0.113.8'), first, 'another client has a limit of its own');
  const direct = await left('198.51.100.1', '203.0.113.9');
  t.equal(
    await left('198.51.100.1', '203.0.113.10'),
    direct - 1,
    'an untrusted proxy cannot name the client',
  );
  t.match((await get('/ops/nothing', { cookie })).body, 'href="/ops/tenants"', 'error pages as well');
});
