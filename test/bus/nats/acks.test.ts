import { once } from 'node:events';
import { connect } from 'nats';
import t from 'tap';
import { giveBack } from '../../../src/bus/nats/acks.js';
import { startNatsServer } from '../../support/nats-server.js';
import { skipWithoutNats } from '../../support/system-parts.js';

t.test('a command is always returned with a delay', { skip: skipWithoutNats() }, async (t) => {
  const server = await startNatsServer();
  t.teardown(() => server.dispose());
  const nc = await connect({ servers: server.url });
  t.teardown(() => nc.close());
  const heard: string[] = [];
  const received = new EventTarget();
  nc.subscribe('reply', {
    callback: (_error, message) => {
      heard.push(message.string());
      if (heard.length === 3) received.dispatchEvent(new Event('all'));
    },
  });
  const all = once(received, 'all');
  const session = { nc, js: nc.jetstream(), lost: new AbortController().signal };
  giveBack(session, 'reply');
  giveBack(session, 'reply', 0);
  giveBack(session, 'reply', 2_000);
  await all;
  t.same(heard, ['-NAK {"delay":50000000}', '-NAK {"delay":50000000}', '-NAK {"delay":2000000000}']);
});
