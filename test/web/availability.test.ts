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
    for (const url of ['/healthz', '/healthz?from=proxy'])
      t.equal((await site.app.inject(url)).statusCode, 200, 'the liveness probe needs no database');
    databaseIsSilent = false;
    t.equal((await site.app.inject({ url: '/tenants', headers: { cookie } })).statusCode, 200);
  });

  await t.test('a stopping process: a request on a connection that is still open', async (t) => {
    await site.app.listen({ host: '127.0.0.1', port: 0 });
    const { port } = site.app.server.address() as AddressInfo;
    /** Sends half of a request, which keeps a connection open while the server closes; then the rest. */
    const half = async (request: string) => {
      const socket = connect(port, '127.0.0.1');
      await once(socket, 'connect');
      let answers = '';
      socket.setEncoding('utf8').on('data', (text: string) => {
        answers += text;
      });
      const ended = once(socket, 'close');
      const whole = `${request} HTTP/1.1\r\nhost: x\r\nauthorization: ${authorization}\r\n\r\n`;
      socket.write(`GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n${whole.slice(0, 10)}`);
      while (!answers.includes('{"status"')) await once(socket, 'data');
      const from = answers.length;
      return async () => {
        socket.write(whole.slice(10));
        await ended;
        return answers.slice(from);
      };
    };
    const rests = await Promise.all(
      ['GET /api/v1/tenants/contoso/runs', 'GET /healthz', 'GET /readyz?from=proxy', 'HEAD /healthz'].map(
        half,
      ),
    );
    const closed = site.app.close();
    const [api = '', ...probes] = await Promise.all(rests.map((rest) => rest()));
    await closed;
    for (const answer of [api, ...probes]) {
      t.match(answer, /^HTTP\/1\.1 503 /);
      t.match(answer, /connection: close/i);
    }
    t.match(api, /"error":\{"code":"unavailable","message":"This process is stopping/);
    for (const answer of probes.slice(0, 2))
      t.same(JSON.parse(answer.split('\r\n\r\n')[1] ?? ''), {
        status: 'down',
        reason: 'This process is stopping.',
      });
  });
});
