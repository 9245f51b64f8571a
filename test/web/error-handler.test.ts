import { type AddressInfo, connect } from 'node:net';
import { text } from 'node:stream/consumers';
import t from 'tap';
import { hubSite } from '../support/hub-site.js';

t.test('requests that no route takes', async (t) => {
  const site = await hubSite(t);
  const { persons } = await site.tenant('contoso', 'Contoso');
  const cookie = await site.cookieOf(persons.readonly);

  await t.test(
    'an unsupported method of a known address is answered 405 with the supported ones',
    async (t) => {
      const wrong = [
        ['POST', '/t/contoso/operations', 'GET, HEAD'],
        ['DELETE', '/t/contoso/runs/x?at=1', 'GET, HEAD'],
        ['GET', '/t/contoso/inventory/start', 'POST'],
        ['OPTIONS', '/live', 'POST'],
        ['GET', '/signout', 'POST'],
        ['PUT', '/api/v1/tenants/contoso/runs', 'GET, HEAD, POST'],
        ['POST', '/assets/hub.css', 'GET, HEAD'],
      ] as const;
      for (const [method, url, allow] of wrong) {
        for (const headers of [{ cookie }, {}]) {
          const answer = await site.app.inject({ method, url, headers });
          t.match([answer.statusCode, answer.headers.allow], [405, allow], `${method} ${url}`);
          t.match(answer.headers['content-security-policy'], /default-src 'none'/);
          t.match(answer.body, `This address ${allow.includes('GET') ? 'answers' : 'takes'}`);
        }
      }
      for (const url of ['/t/contoso/operation', '/t/contoso/runs/', '//evil.invalid/t/contoso/operations'])
        t.equal((await site.app.inject({ method: 'POST', url, headers: { cookie } })).statusCode, 404, url);
    },
  );

  await t.test('HEAD has the same answer as GET for every page, without the body', async (t) => {
    for (const url of ['/t/contoso/operations', '/t/contoso/audit', '/me', '/tenants', '/no']) {
      const [get, head] = await Promise.all(
        (['GET', 'HEAD'] as const).map((method) => site.app.inject({ method, url, headers: { cookie } })),
      );
      t.equal(head?.statusCode, get?.statusCode, url);
      t.match([head?.body, head?.headers['content-type']], ['', /^text\/html/]);
    }
  });

  await t.test('a malformed address is answered like any other mistake', async (t) => {
    for (const url of [
      '/t/contoso/%zz?x=<script>',
      '/%',
      '/api/v1/runs/%E0%A4%A',
      `/t/${'a'.repeat(300)}/operations`,
    ]) {
      const answer = await site.app.inject({ url });
      t.equal(answer.statusCode, 400, url);
      t.match(String(answer.headers['content-security-policy']), /default-src 'none'/);
      t.match(answer.headers['cache-control'], /no-store/);
      t.notMatch(answer.body, /without what its address asks for/, 'nor led to again');
      t.notMatch(answer.body, /%zz|%E0|<script>|aaaa/, 'the address is not repeated');
      if (url.startsWith('/api')) t.match(answer.json(), { error: { code: 'bad_request' } });
    }
  });

  await t.test('a request that is not HTTP, or is too long, is answered by a page', async (t) => {
    const { port } = new URL(await site.app.listen({ host: '127.0.0.1', port: 0 }));
    const send = async (request: string) => {
      const socket = connect(Number(port), '127.0.0.1');
      socket.end(request);
      return text(socket);
    };
    const long = await send(`GET /t/contoso/operations?q=${'a'.repeat(20_000)} HTTP/1.1\r\nHost: a\r\n\r\n`);
    t.match(
      long,
      /^HTTP\/1.1 431 [\s\S]*content-security-policy: default-src 'none'[\s\S]*Shorten the address/,
    );
    t.match(
      await send('GET / a\r\n\r\n'),
      /^HTTP\/1.1 400 [\s\S]*nosniff[\s\S]*The request is not well formed/,
    );
    t.match(
      await send('PROPFIND /t/contoso/operations HTTP/1.1\r\nHost: a\r\n\r\n'),
      /^HTTP\/1.1 40[45] [\s\S]*nosniff/,
    );
  });

  await t.test('what Node.js would answer by itself is answered in the same form', async (t) => {
    const { port } = site.app.server.address() as AddressInfo;
    const send = (request: string) => {
      const socket = connect(port, '127.0.0.1');
      socket.end(request);
      return text(socket);
    };
    const requests: readonly (readonly [string, number, RegExp])[] = [
      ['GET /signin HTTP/1.1\r\nConnection: close\r\n\r\n', 400, /name one host/],
      ['GET /signin HTTP/1.1\r\nHost: a\r\nHost: b\r\nConnection: close\r\n\r\n', 400, /name one host/],
      ['POST /live HTTP/1.1\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}', 400, /name one host/],
      ['GET /api/v1/runs/<i>x HTTP/1.1\r\nConnection: close\r\n\r\n', 400, /"code":"bad_request"/],
      [
        'GET /signin HTTP/1.1\r\nHost: a\r\nExpect: <i>x\r\nConnection: close\r\n\r\n',
        417,
        /only 100-continue/,
      ],
      [
        'GET /healthz HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n',
        200,
        /status/,
      ],
      ['CONNECT x.example:443 HTTP/1.1\r\nHost: a\r\n\r\n', 405, /no connections to others/],
      ['GET /signin HTTP/1.1\r\nHost : <i>x\r\n\r\n', 400, /not well formed/],
      ['GET /signin HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: <i>x\r\n\r\n', 400, /not well formed/],
      ['GET /healthz HTTP/1.0\r\n\r\n', 200, /status/],
      [`GET / HTTP/1.1\r\nHost: a\r\nx-long: ${'<i>x'.repeat(10_000)}\r\n\r\n`, 431, /too long/],
    ];
    for (const [request, status, words] of requests) {
      const answer = await send(request);
      const about = request.slice(0, 60);
      t.match(answer, new RegExp(`HTTP/1.1 ${status} `), about);
      t.match(answer, /content-security-policy: default-src 'none'[\s\S]*nosniff/i, about);
      t.match(answer, words, about);
      t.notMatch(answer, '<i>x', about);
    }
  });
});
