/**
 * A consumer process that takes commands, never ends them, and prints which ones it holds. For tests that kill it.
 */
import { createNatsBus } from '../../../src/bus/nats/nats-bus.js';
import { systemClock } from '../../../src/clock.js';

const [servers = '', ackWaitMs = ''] = process.argv.slice(2);
const bus = createNatsBus({ servers, clock: systemClock, ackWaitMs: Number(ackWaitMs) });
bus.consume(
  { types: ['drift.generate'], limits: { total: 2, perTenant: 2, perType: {} } },
  async (command) => {
    process.stdout.write(`${command.runId}\n`);
    return new Promise(() => {});
  },
);
