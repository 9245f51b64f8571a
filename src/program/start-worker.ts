import { createArtifactStore } from '../db/artifacts.js';
import { createLiveness } from '../db/liveness.js';
import { createTenantShares } from '../db/tenant-shares.js';
import { createLifeWatch } from '../liveness/life-watch.js';
import type { OperationRegistry } from '../operations/registry.js';
import { Periodic } from '../timing/periodic.js';
import { Worker } from '../worker/worker.js';
import { collectArtifacts } from './artifact-collection.js';
import { startDailyChecks } from './daily-checks.js';
import { createOperationServices } from './operation-services.js';
import { processTrouble } from './process-trouble.js';
import type { ProgramContext } from './program-context.js';
import { startCaretakers } from './start-caretakers.js';

/** Longest time for handing runs back after the handlers' time to end is over. */
const HAND_BACK_WITHIN_MS = 10_000;

/** How often a worker checks whether collecting artifacts is due; one process then does it. */
const COLLECTION_LOOK_EVERY_MS = 60_000;

/** How often a worker checks whether the daily checks are due; one process then starts them. */
const CHECKS_LOOK_EVERY_MS = 10 * 60_000;

/**
 * Starts the worker, the collection of artifacts, the daily checks of connections, the dispatcher and the
 * watchdog.
 */
export async function startWorker(context: ProgramContext, operations: OperationRegistry): Promise<void> {
  const { parts, infrastructure, directory, credentials, clock, chance, config, logger } = context;
  const { bus, ledger, masterKey, primary } = infrastructure;
  const { startedRuns } = context.starts;
  const artifacts = createArtifactStore({ db: primary, masterKey });
  const liveness = createLiveness(primary);
  const name = context.processName;
  const { services, openGraphWriter } = createOperationServices({
    ledger,
    clock,
    chance,
    artifacts,
    credentials,
    directory,
    operations,
    shareOf: createTenantShares({ db: primary, clock, worker: name }),
  });
  const lostAfterMs = config.OPSLEDGER_LOST_AFTER_MS;
  const watch = createLifeWatch({ liveness, clock }, lostAfterMs);
  const worker = await parts.add(
    'worker',
    () => {
      const worker = new Worker(
        {
          ...{ ledger, bus, operations, services, openGraphWriter, liveness, clock, logger },
          startedRuns,
        },
        {
          name,
          limits: {
            total: config.OPSLEDGER_WORKER_RUNS,
            perTenant: config.OPSLEDGER_WORKER_RUNS_PER_TENANT,
            perType: config.OPSLEDGER_WORKER_RUNS_PER_TYPE,
          },
          beatEveryMs: config.OPSLEDGER_BEAT_EVERY_MS,
          lostAfterMs,
          drainMs: config.OPSLEDGER_DRAIN_MS,
        },
      );
      worker.start();
      context.metrics?.followWorker(() => worker.busy);
      return worker;
    },
    (worker) => worker.stop(),
    { stopWithinMs: config.OPSLEDGER_DRAIN_MS + HAND_BACK_WITHIN_MS },
  );
  const collecting = new Periodic(
    'collection of artifacts',
    COLLECTION_LOOK_EVERY_MS,
    async (signal) => void (await collectArtifacts({ log: ledger.log, primary, logger }, signal)),
    { clock, logger },
  );
  await parts.add(
    'collection of artifacts',
    () => collecting.start(),
    () => collecting.stop(),
  );
  const { starts } = context;
  const checking = new Periodic(
    'daily checks of connections',
    CHECKS_LOOK_EVERY_MS,
    async () => void (await startDailyChecks({ starts, directory, primary, chance, logger })),
    { clock, logger },
  );
  await parts.add(
    'daily checks of connections',
    () => checking.start(),
    () => checking.stop(),
  );
  const caretakers = await startCaretakers(context, { name, liveness, watch });
  context.partReports.push(
    () => ({
      part: 'worker',
      ...{ types: [...operations.keys()], runsInHand: worker.busy, trouble: processTrouble(context) },
    }),
    ...caretakers.map(({ part, loop }) => () => ({ part, trouble: loop.trouble })),
  );
}
