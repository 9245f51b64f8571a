import type { Fault } from './fault.js';
import type { NatsRules } from './nats-rules.js';
import type { Stage } from './stage.js';

/** Restarts nats-server with other rules or another certificate. Some of its versions can't reload JetStream's folder. */
async function restart({ bed, writeNatsRules }: Stage, ...settings: Parameters<Stage['writeNatsRules']>) {
  await bed.nats.stop();
  await writeNatsRules(...settings);
  await bed.nats.start();
}

/** Has nats-server treat the product's login otherwise for a while. */
const rules =
  (changed: NatsRules): Fault['begin'] =>
  async (stage) => {
    await restart(stage, changed);
    return () => restart(stage, {});
  };

/** Has nats-server show another certificate for a while. */
const certificate =
  (issue: (stage: Stage) => ReturnType<Stage['authority']['issue']>): Fault['begin'] =>
  async (stage) => {
    await restart(stage, {}, await issue(stage));
    return () => restart(stage, {});
  };

/** Faults of NATS. */
export const BUS_FAULTS: readonly Fault[] = [
  {
    name: 'NATS away',
    words: /command bus: NATS is not reachable, reconnecting/,
    healthz: 'down',
    async begin({ bed }) {
      await bed.nats.kill();
      return () => bed.nats.start();
    },
  },
  {
    name: 'NATS frozen',
    words: /command bus: NATS is not reachable, reconnecting/,
    healthz: 'down',
    async begin({ bed }) {
      bed.nats.freeze();
      return () => bed.nats.thaw();
    },
  },
  {
    name: 'NATS refuses the credentials',
    words: /command bus: NATS refuses the credentials \(authorization violation\)/,
    healthz: 'down',
    begin: rules({ password: 'changed' }),
  },
  {
    name: 'NATS refuses a permission',
    words: /command bus: NATS refuses a permission \(permissions violation\)/,
    healthz: 'down',
    begin: rules({ denied: ['cmd.>'] }),
  },
  {
    name: 'NATS restarted without its stream',
    async begin({ bed }) {
      await bed.nats.kill();
      await bed.nats.wipe();
      await bed.nats.start();
      return () => undefined;
    },
  },
  {
    name: 'NATS’s certificate has expired',
    words: /command bus: NATS’s certificate has expired/,
    healthz: 'down',
    begin: certificate(({ authority }) => authority.issue('nats-expired', { days: [-10, -1] })),
  },
  {
    name: 'NATS’s certificate is not trusted',
    words: /command bus: NATS’s certificate is not trusted/,
    healthz: 'down',
    begin: certificate(({ stranger }) => stranger.issue('nats-strange')),
  },
];
