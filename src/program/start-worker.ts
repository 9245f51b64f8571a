import { createArtifactStore } from '../db/artifacts.js';
import { createExportFileStore } from '../db/export-files.js';
import { createLiveness } from '../db/liveness.js';
import { createTenantShares } from '../db/tenant-shares.js';
import { createLifeWatch } from '../liveness/life-watch.js';
import type { OperationRegistry } from '../operations/registry.js';
import { Worker } from '../worker/worker.js';
import { createOperationServices } from './operation-services.js';
import { processTrouble } from './process-trouble.js';
import type { ProgramContext } from './program-context.js';
import { startCaretakers } from './start-caretakers.js';
import { startRecurringWork } from './start-recurring-work.js';

/** Longest time for handing runs back after the handlers' time to end is over. */
const HAND_BACK_WITHIN_MS = 10_000;

/** Starts the worker, the recurring work and the caretakers: dispatcher, watchdog and scheduler. */
export async function startWorker(context: ProgramContext, operations: OperationRegistry): Promise<void> {
  const { parts, infrastructure, directory, credentials, clock, chance, config, logger } = context;
  const { bus, ledger, masterKey, primary } = infrastructure;
  const { startedRuns } = context.starts;
  const artifacts = createArtifactStore({ db: primary, masterKey });
  const exportFiles = createExportFileStore({ db: primary, masterKey });
  const liveness = createLiveness(primary);
  const name = context.processName;
  const { servicesOf, openGraphWriter } = createOperationServices({
    ledger,
    clock,
    chance,
    artifacts,
    exportFiles,
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
          ledger,
          bus,
          operations,
          servicesOf,
          openGraphWriter,
          liveness,
          clock,
          logger,
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
  await startRecurringWork(context);
  const caretakers = await startCaretakers(context, { name, liveness, watch });
  context.partReports.push(
    () => ({
      part: 'worker',
      types: [...operations.keys()],
      runsInHand: worker.busy,
      trouble: processTrouble(context),
    }),
    ...caretakers.map(({ part, loop }) => () => ({ part, trouble: loop.trouble })),
  );
}
