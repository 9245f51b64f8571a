import { once } from 'node:events';
import { createServer, request } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import t from 'tap';
import { systemClock } from '../../src/clock.js';
import { watchConnections } from '../../src/web/end-connections.js';
import { hubSite } from '../support/hub-site.js';

t.test('an idle connection does not keep the web server from closing', async (t) => {
  const site = await hubSite(t);
  await site.app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = site.app.server.address() as AddressInfo;
  const silent = connect(port, '127.0.0.1');
  await once(silent, 'connect');
  // When the server answers a later connection, it has accepted this one.
  await (await fetch(`http://127.0.0.1:${port}/healthz`)).text();
  const ended = once(silent, 'close');
  await site.app.close();
  await ended;
  t.pass('closed');
});

t.test('a running request may finish within a limit', async (t) => {
  let sleptMs = 0;
  let wake: () => void = () => undefined;
  const clock = {
    ...systemClock,
    sleep(ms: number) {
      sleptMs = ms;
      return new Promise<void>((resolve) => {
        wake = resolve;
      });
    },
  };
  const server = createServer(() => undefined).listen(0, '127.0.0.1');
  t.teardown(() => server.closeAllConnections());
  const connections = watchConnections(server, clock);
  await once(server, 'listening');
  const asked = request({ port: (server.address() as AddressInfo).port, host: '127.0.0.1' });
  const cut = once(asked, 'error');
  asked.end();
  await once(server, 'request');
  const closed = once(server, 'close');
  connections.begin(1234);
  server.close();
  t.equal(sleptMs, 1234);
  t.notOk(asked.destroyed, 'it goes on');
  wake();
  await Promise.all([cut, closed]);
  t.pass('and is cut at the limit');
});
