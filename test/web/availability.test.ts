import { once } from 'node:events';
import { type AddressInfo, connect } from 'node:net';
import t from 'tap';
import { hubSite } from '../support/hub-site.js';

t.test('a frozen database and a stopping process are reported like all errors', async (t) => {
  let databaseIsSilent = false;
  const site = await hubSite(t, {
    projector: false,
    status: () => ({
      headPosition: null,
      databaseIsSilent,
      lagSeconds: null,
      building: null,
      parts: {},
      workers: [],
    }),
  });
  const { tenantId, persons } = await site.tenant('contoso');
  const cookie = await site.cookieOf(persons.owner);
  const authorization = `Bearer ${await site.issueToken(tenantId, 'a client', ['hub.read'])}`;

  await t.test('a frozen database: requests are refused at once', async (t) => {
    databaseIsSilent = true;
    for (const url of ['/t/contoso/operations', '/health', '/signin', '/tenants', '/'])
      t.match(await site.app.inject({ url, headers: { cookie } }), {
        statusCode: 503,
        headers: { 'retry-after': '3', 'content-type': /text\/html/ },
        body: /The database does not answer\. Try again in a moment\./,
      });
    const api = await site.app.inject({ url: '/api/v1/tenants/contoso/runs', headers: { authorization } });
    t.match(api, { statusCode: 503, headers: { 'retry-after': '3' } });
    t.same(api.json(), {
      error: { code: 'unavailable', message: 'The database does not answer. Try again in a moment.' },
    });
    t.equal((await site.app.inject('/healthz')).statusCode, 200, 'probes are answered by themselves');
    databaseIsSilent = false;
    t.equal((await site.app.inject({ url: '/tenants', headers: { cookie } })).statusCode, 200);
  });

  await t.test('a stopping process: a request on a connection that is still open', async (t) => {
    await site.app.listen({ host: '127.0.0.1', port: 0 });
    const { port } = site.app.server.address() as AddressInfo;
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    let answers = '';
    socket.setEncoding('utf8').on('data', (text: string) => {
      answers += text;
    });
    const ended = once(socket, 'close');
    const request = `GET /api/v1/tenants/contoso/runs HTTP/1.1\r\nhost: x\r\nauthorization: ${authorization}\r\n\r\n`;
    // Half a request keeps the connection open while the server closes.
    socket.write(`GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n${request.slice(0, 20)}`);
    while (!answers.includes('{"status"')) await once(socket, 'data');
    const closed = site.app.close();
    socket.write(request.slice(20));
    await Promise.all([closed, ended]);
    t.match(answers, /HTTP\/1\.1 503 .*\r\n/);
    t.match(answers, /"error":\{"code":"unavailable","message":"This process is stopping/);
    t.match(answers, /connection: close/i);
  });
});
