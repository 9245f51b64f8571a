import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { connect } from 'node:net';
import t, { type Test } from 'tap';
import { readConfig } from '../../src/config.js';
import { noAnswer } from '../../src/graph/connection-trouble.js';
import { createOutgoingFetch } from '../../src/graph/outgoing-fetch.js';

async function listening(t: Test, server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(async () => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  return typeof address === 'object' && address ? address.port : 0;
}

t.test(
  'requests leave through the proxy that the environment names, and this machine is reached directly',
  async (t) => {
    const port = await listening(
      t,
      createServer((_request, response) => response.end('answered')),
    );
    const asked: string[] = [];
    const proxy = createServer();
    // The tunnel leads to the server above for every host name.
    proxy.on('connect', (request, socket) => {
      asked.push(request.url ?? '');
      const tunnel = connect(port, '127.0.0.1', () => {
        socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
        tunnel.pipe(socket).pipe(tunnel);
      });
      tunnel.on('error', () => socket.destroy());
      socket.on('error', () => tunnel.destroy());
    });
    const address = `http://127.0.0.1:${await listening(t, proxy)}`;

    const through = createOutgoingFetch({ HTTP_PROXY: address, NO_PROXY: 'direct.invalid' });
    t.equal(await (await through('http://graph.invalid/beta')).text(), 'answered');
    t.same(asked, ['graph.invalid:80']);
    t.equal(await (await through(`http://127.0.0.1:${port}/`)).text(), 'answered');
    await t.rejects(through('http://direct.invalid/'), TypeError);
    t.same(asked.length, 1);

    const lowerCase = createOutgoingFetch({ http_proxy: address });
    t.equal(await (await lowerCase('http://login.invalid/')).text(), 'answered');
    t.equal(createOutgoingFetch({}), fetch);
  },
);

t.test('a proxy that refuses, asks for a login or is away is told from the server behind it', async (t) => {
  const proxy = createServer();
  let answer = '';
  proxy.on('connect', (_request, socket) => socket.end(`HTTP/1.1 ${answer}\r\n\r\n`));
  const port = await listening(t, proxy);
  const through = (address: string) =>
    createOutgoingFetch({ HTTPS_PROXY: address })('https://graph.invalid/beta').then(
      () => null,
      (error: unknown) => noAnswer(error),
    );
  answer = '407 Proxy Authentication Required';
  const login = await through(`http://user:hunter2@127.0.0.1:${port}`);
  t.same(login, { trouble: 'proxy-login', code: 'status-407' });
  answer = '403 Forbidden';
  t.same(await through(`http://127.0.0.1:${port}`), { trouble: 'proxy-refusal', code: 'status-403' });
  proxy.close();
  t.same(await through(`http://127.0.0.1:${port}`), { trouble: 'proxy-away', code: 'ECONNREFUSED' });
  t.same(await through(`http://localhost:${port}`), { trouble: 'proxy-away', code: 'ECONNREFUSED' });
  t.match(await through('http://proxy.invalid:8080'), { trouble: 'proxy-away', code: /^E/ });
  const direct = createOutgoingFetch({ HTTPS_PROXY: `http://127.0.0.1:${port}`, NO_PROXY: 'graph.invalid' });
  const failure = await direct('https://graph.invalid/').catch((error: unknown) => noAnswer(error));
  t.match(failure, { trouble: null, code: /^E/ }, 'a server that is reached directly');
});

t.test('an address that no proxy can have is named at the start', async (t) => {
  for (const name of ['HTTPS_PROXY', 'HTTP_PROXY', 'https_proxy'])
    for (const value of ['proxy.example:8080', 'nonsense', 'socks5://proxy.example:1080'])
      t.throws(() => readConfig({ [name]: value }), {
        name: 'ConfigError',
        message: `${name.toUpperCase()} is not usable: it takes an address such as http://proxy.example:8080.`,
      });
  t.ok(readConfig({ HTTPS_PROXY: 'http://user:p%40ss@proxy.example:8080', NO_PROXY: 'x' }));
});
