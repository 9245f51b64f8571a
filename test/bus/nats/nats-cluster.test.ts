import { connect } from 'nats';
import t, { type Test } from 'tap';
import { createNatsBus } from '../../../src/bus/nats/nats-bus.js';
import { systemClock } from '../../../src/clock.js';
import { createCommandProbe, done } from '../../support/command-probe.js';
import { freePort } from '../../support/free-port.js';
import { startNatsServer, type TestNatsServer } from '../../support/nats-server.js';
import { skipWithoutNats } from '../../support/system-parts.js';

const stream = 'OPSLEDGER_COMMANDS';
const type = 'drift.generate';
const SERVERS = 3;
const TIMEOUT_MS = 120_000;

async function cluster(t: Test): Promise<readonly TestNatsServer[]> {
  const ports = await Promise.all(Array.from({ length: SERVERS }, freePort));
  const routes = ports.map((port) => `nats://127.0.0.1:${port}`);
  const servers = await Promise.all(
    routes.map((own, index) =>
      startNatsServer({
        args: [
          ...['--server_name', `server-${index}`, '--cluster_name', 'test'],
          ...['--cluster', own, '--routes', routes.join(',')],
        ],
      }),
    ),
  );
  for (const server of servers) t.teardown(() => server.dispose());
  return servers;
}

const skip = process.env.OPSLEDGER_LONG ? skipWithoutNats() : 'only in the long tests';

t.test('a cluster goes on without the server that led its queue', { skip }, async (t) => {
  const nodes = await cluster(t);
  const servers = nodes.map(({ url }) => url).join(',');
  const options = { servers, clock: systemClock, ackWaitMs: 10_000 };
  const bus = createNatsBus({ ...options, replicas: SERVERS });
  t.teardown(() => bus.close());
  const command = (runId: string) => ({ tenantId: 'a', type, runId, correlationId: 'c' });
  const first = await bus.publish(command('first'), { timeoutMs: TIMEOUT_MS });
  t.equal(
    first,
    'published',
    'an election is no refusal: the cluster has just begun to elect its first leader',
  );
  const nc = await connect({ servers: servers.split(',') });
  t.teardown(() => nc.close());
  const manager = await nc.jetstreamManager({ checkAPI: false });
  const infos = () => manager.streams.info(stream);
  t.equal((await infos()).config.num_replicas, SERVERS);

  const unset = createNatsBus(options);
  await unset.publish(command('second'), { timeoutMs: TIMEOUT_MS });
  await unset.close();
  t.equal((await infos()).config.num_replicas, SERVERS, 'what was set stays');

  const leader = (await infos()).cluster?.leader ?? '';
  await nodes[Number(leader.slice(-1))]?.kill();
  t.equal(await bus.publish(command('third'), { timeoutMs: TIMEOUT_MS }), 'published');
  const probe = createCommandProbe(async () => done);
  bus.consume({ types: [type], limits: { total: 8, perTenant: 8, perType: {} } }, probe.handle);
  for (const runId of ['first', 'second', 'third']) await probe.run(runId);
});
