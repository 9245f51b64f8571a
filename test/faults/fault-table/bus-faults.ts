import type { Fault } from './fault.js';
import type { NatsRules } from './nats-rules.js';
import type { Stage } from './stage.js';

/** Has nats-server treat the product's login otherwise for a while. */
const rules =
  (changed: NatsRules): Fault['begin'] =>
  async ({ writeNatsRules, reloadNats }) => {
    await writeNatsRules(changed);
    reloadNats();
    return async () => {
      await writeNatsRules({});
      reloadNats();
    };
  };

/** Restarts nats-server with another certificate. */
const certificate =
  (issue: (stage: Stage) => ReturnType<Stage['authority']['issue']>): Fault['begin'] =>
  async (stage) => {
    const { bed, writeNatsRules } = stage;
    const restartWith = async (...files: Parameters<Stage['writeNatsRules']>) => {
      await bed.nats.stop();
      await writeNatsRules(...files);
      await bed.nats.start();
    };
    await restartWith({}, await issue(stage));
    return () => restartWith({});
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
