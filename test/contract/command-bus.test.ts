import { connect } from 'nats';
import t from 'tap';
import { createInProcessBus } from '../../src/bus/in-process/in-process-bus.js';
import { createNatsBus } from '../../src/bus/nats/nats-bus.js';
import { systemClock } from '../../src/clock.js';
import { startNatsServer } from '../support/nats-server.js';
import { skipWithoutNats } from '../support/system-parts.js';
import { commandBusContract } from './command-bus-contract.js';

t.test('the in-process bus', (t) => {
  commandBusContract(t, async (options) => ({
    bus: createInProcessBus({ clock: systemClock, ...options }),
    // What is published waits in the consumer's queue at once.
    holds: async () => {},
  }));
});

t.test('the NATS bus', { skip: skipWithoutNats() }, async (t) => {
  const server = await startNatsServer();
  t.teardown(() => server.dispose());
  const nc = await connect({ servers: server.url });
  t.teardown(() => nc.close());
  const jsm = await nc.jetstreamManager();
  let opened = 0;

  await t.test('keeps the contract', (t) => {
    commandBusContract(t, async (options) => {
      opened += 1;
      const streamName = `contract-${opened}`;
      const subjectPrefix = `contract${opened}`;
      return {
        bus: createNatsBus({
          servers: server.url,
          clock: systemClock,
          ackWaitMs: 10_000,
          streamName,
          subjectPrefix,
          ...options,
        }),
        async holds(type, count) {
          const durable = type.replace('.', '-');
          while (true) {
            const info = await jsm.consumers.info(streamName, durable).catch(() => undefined);
            if (info?.num_pending === 0 && info.num_ack_pending === count) return;
            await systemClock.sleep(10);
          }
        },
      };
    });
  });
});
