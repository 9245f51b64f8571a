import { createActiveRuns } from '../../projections/dispatch/active-runs-projection.js';
import { createLeaseStore } from '../db/lease-store.js';
import { createWaitingTimes } from '../db/waiting-times.js';
import { createDispatcher } from '../dispatch/dispatcher.js';
import { createWatchdog } from '../dispatch/watchdog.js';
import { createLease } from '../liveness/lease.js';
import type { LifeWatch } from '../liveness/life-watch.js';
import type { Liveness } from '../liveness/liveness.js';
import type { PartName } from '../liveness/part-reports.js';
import { ScheduleDirectory } from '../scheduler/schedule-directory.js';
import { createScheduler } from '../scheduler/scheduler.js';
import { Periodic } from '../timing/periodic.js';
import { databaseTime } from './database-time.js';
import type { ProgramContext } from './program-context.js';
import { startFollowing } from './start-following.js';

/** How often the scheduler looks for due times; an operation starts so late at most. */
const SCHEDULES_LOOK_EVERY_MS = 5_000;

/**
 * Starts dispatcher, watchdog and scheduler. Every worker process has all of them; a lease lets one of each work for
 * all processes.
 */
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
  const leaseOf = (name: string) =>
    createLease({ store, clock, canWrite: ledger.canWrite }, { name, holder, lostAfterMs });
  const publishTimeoutMs = config.OPSLEDGER_PUBLISH_TIMEOUT_MS;
  const everyMs = config.OPSLEDGER_DISPATCH_EVERY_MS;
  const resendAfterMs = config.OPSLEDGER_RESEND_AFTER_MS;
  const shared = { runs: createActiveRuns(primary), ledger, bus, operations, clock, logger };
  const dispatcherLease = leaseOf('dispatcher');
  const watchdogLease = leaseOf('watchdog');
  const schedulerLease = leaseOf('scheduler');
  const dispatcher = createDispatcher(
    { ...shared, lease: dispatcherLease, waits: createWaitingTimes(primary) },
    { everyMs, resendAfterMs, publishTimeoutMs },
  );
  const watchdog = createWatchdog(
    { ...shared, lease: watchdogLease, liveness: of.liveness, watch: of.watch },
    { everyMs, publishTimeoutMs, lostAfterMs },
  );
  const schedules = await parts.add(
    'schedules',
    () => startFollowing(new ScheduleDirectory({ ledger, clock, chance, logger }), context.signal),
    (following) => following.stop(),
  );
  const { directory, starts } = context;
  const { now, lookEveryMs } = context.dueTimes ?? {
    now: () => databaseTime(primary, clock),
    lookEveryMs: SCHEDULES_LOOK_EVERY_MS,
  };
  const scheduler = new Periodic(
    'schedules',
    lookEveryMs,
    createScheduler({ schedules, directory, starts, lease: schedulerLease, now, logger }),
    { clock, logger },
  );
  const caretakers = [
    { part: 'dispatcher', loop: dispatcher, lease: dispatcherLease },
    { part: 'watchdog', loop: watchdog, lease: watchdogLease },
    { part: 'scheduler', loop: scheduler, lease: schedulerLease },
  ] as const;
  for (const { part, loop, lease } of caretakers)
    await parts.add(
      part,
      () => loop.start(),
      async () => {
        await loop.stop();
        await lease
          .release()
          .catch((error: unknown) => logger.debug({ err: error }, 'a lease was not released'));
      },
    );
  return caretakers;
}
