import { createActiveRuns } from '../../projections/dispatch/active-runs-projection.js';
import { createLeaseStore } from '../db/lease-store.js';
import { createWaitingTimes } from '../db/waiting-times.js';
import { createDispatcher } from '../dispatch/dispatcher.js';
import { createWatchdog } from '../dispatch/watchdog.js';
import { isClockWrong } from '../ledger/clock-check.js';
import { createLease } from '../liveness/lease.js';
import type { LifeWatch } from '../liveness/life-watch.js';
import type { Liveness } from '../liveness/liveness.js';
import type { PartName } from '../liveness/part-reports.js';
import type { Periodic } from '../timing/periodic.js';
import type { ProgramContext } from './program-context.js';

/** Starts dispatcher and watchdog. Every worker process has both; a lease lets one of each work for all processes. */
export async function startCaretakers(
  context: ProgramContext,
  of: { readonly name: string; readonly liveness: Liveness; readonly watch: LifeWatch },
): Promise<readonly { readonly part: PartName; readonly loop: Periodic }[]> {
  const { parts, infrastructure, clock, chance, config, logger } = context;
  const { ledger, primary } = infrastructure;
  const { bus, operations } = context.starts;
  const holder = `${of.name} ${chance.uuid()}`;
  const store = createLeaseStore(primary);
  const lostAfterMs = config.OPSLEDGER_LOST_AFTER_MS;
  const canWrite = () => !isClockWrong(ledger.log.clockOffset());
  const leaseOf = (name: string) => createLease({ store, clock, canWrite }, { name, holder, lostAfterMs });
  const publishTimeoutMs = config.OPSLEDGER_PUBLISH_TIMEOUT_MS;
  const everyMs = config.OPSLEDGER_DISPATCH_EVERY_MS;
  const resendAfterMs = config.OPSLEDGER_RESEND_AFTER_MS;
  const shared = { runs: createActiveRuns(primary), ledger, bus, operations, clock, logger };
  const [dispatcherLease, watchdogLease] = [leaseOf('dispatcher'), leaseOf('watchdog')];
  const dispatcher = createDispatcher(
    { ...shared, lease: dispatcherLease, waits: createWaitingTimes(primary) },
    { everyMs, resendAfterMs, publishTimeoutMs },
  );
  const watchdog = createWatchdog(
    { ...shared, lease: watchdogLease, liveness: of.liveness, watch: of.watch },
    { everyMs, publishTimeoutMs, lostAfterMs },
  );
  const caretakers = [
    { part: 'dispatcher', loop: dispatcher, lease: dispatcherLease },
    { part: 'watchdog', loop: watchdog, lease: watchdogLease },
  ] as const;
  for (const { part, loop, lease } of caretakers)
    await parts.add(
      part,
      () => loop.start(),
      async () => {
        await loop.stop();
        await lease
          .giveUp()
          .catch((error: unknown) => logger.debug({ err: error }, 'a lease was not given up'));
      },
    );
  return caretakers;
}
