import t from 'tap';
import { readConfig } from '../../src/config.js';
import { createOperationRegistry } from '../../src/operations/registry.js';
import { assertLimits } from '../../src/program/assert-limits.js';
import { testWork } from '../support/test-work.js';

const check = (environment: NodeJS.ProcessEnv, effectTimeoutMs = 0) =>
  assertLimits(readConfig(environment), createOperationRegistry([testWork({ effectTimeoutMs })]));

t.test('the defaults fit together', async () => check({ NATS_URL: 'nats://127.0.0.1' }, 120_000));

t.test('limits that don’t fit are refused with a sentence that names both', async (t) => {
  t.throws(() => check({ OPSLEDGER_BEAT_EVERY_MS: '15000' }), {
    name: 'ConfigError',
    message: /^OPSLEDGER_BEAT_EVERY_MS \(15000\) must be less than OPSLEDGER_LOST_AFTER_MS \(15000\)/,
  });
  const nats = { NATS_URL: 'nats://127.0.0.1', OPSLEDGER_ACK_WAIT_MS: '20000' };
  t.throws(() => check(nats), { message: /^OPSLEDGER_ACK_WAIT_MS \(20000\) .*OPSLEDGER_LOST_AFTER_MS/ });
  t.throws(() => check({ OPSLEDGER_PUBLISH_TIMEOUT_MS: '5000' }), { message: /OPSLEDGER_RESEND_AFTER_MS/ });
});
