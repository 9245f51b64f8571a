import { type Config, ConfigError } from '../config.js';
import type { OperationRegistry } from '../operations/registry.js';

/**
 * Ends the program at its start when limits contradict each other. Otherwise healthy runs could be taken over, or
 * a command be delivered to a second worker before the first counts as lost. Errors: ConfigError.
 */
export function assertLimits(config: Config, operations: OperationRegistry): void {
  const { OPSLEDGER_BEAT_EVERY_MS: beatMs, OPSLEDGER_LOST_AFTER_MS: lostMs } = config;
  const assertBelow = (name: string, value: number, otherName: string, other: number, why: string) => {
    if (value >= other)
      throw new ConfigError(`${name} (${value}) must be less than ${otherName} (${other}): ${why}`);
  };
  const lost = 'OPSLEDGER_LOST_AFTER_MS';
  assertBelow(
    'OPSLEDGER_BEAT_EVERY_MS',
    beatMs,
    lost,
    lostMs,
    'a worker must beat before it counts as lost.',
  );
  if (config.NATS_URL)
    assertBelow(
      'OPSLEDGER_ACK_WAIT_MS',
      config.OPSLEDGER_ACK_WAIT_MS,
      lost,
      lostMs,
      'the command of a lost run must be free when the run may be taken over.',
    );
  assertBelow(
    'OPSLEDGER_PUBLISH_TIMEOUT_MS',
    config.OPSLEDGER_PUBLISH_TIMEOUT_MS,
    'OPSLEDGER_RESEND_AFTER_MS',
    config.OPSLEDGER_RESEND_AFTER_MS,
    'a start must have handed its run over before the dispatcher does.',
  );
  for (const { type, effectTimeoutMs, budgetMs } of operations.values())
    assertBelow(
      `effectTimeoutMs of ${type}`,
      effectTimeoutMs,
      'its budgetMs',
      budgetMs,
      'a run must outlast a request.',
    );
}
