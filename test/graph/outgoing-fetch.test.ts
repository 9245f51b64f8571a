import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { connect } from 'node:net';
import t, { type Test } from 'tap';
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
