import { createArtifactStore } from '../db/artifacts.js';
import { createExportFileStore } from '../db/export-files.js';
import { createLiveness } from '../db/liveness.js';
import { createTenantShares } from '../db/tenant-shares.js';
import { createLifeWatch } from '../liveness/life-watch.js';
import type { OperationRegistry } from '../operations/registry.js';
import { Periodic } from '../timing/periodic.js';
import { Worker } from '../worker/worker.js';
import { collectArtifacts } from './artifact-collection.js';
import { startDailyChecks } from './daily-checks.js';
import { removeEndedExportsWhenDue } from './export-removal.js';
import { createOperationServices } from './operation-services.js';
import { processTrouble } from './process-trouble.js';
import type { ProgramContext } from './program-context.js';
import { startCaretakers } from './start-caretakers.js';

/** Longest time for handing runs back after the handlers' time to end is over. */
const HAND_BACK_WITHIN_MS = 10_000;

const MINUTE_MS = 60_000;

/** Work that is done by one process when it is due; every worker checks whether it is. */
interface RecurringWork {
  readonly name: string;
  readonly lookEveryMs: number;
  work(signal: AbortSignal): Promise<unknown>;
}

/** Starts the worker, the recurring work, the dispatcher and the watchdog. */
export async function startWorker(context: ProgramContext, operations: OperationRegistry): Promise<void> {
  const { parts, infrastructure, directory, credentials, clock, chance, config, logger } = context;
  const { bus, ledger, masterKey, primary } = infrastructure;
  const { startedRuns } = context.starts;
  const artifacts = createArtifactStore({ db: primary, masterKey });
  const exportFiles = createExportFileStore({ db: primary, masterKey });
  const liveness = createLiveness(primary);
  const name = context.processName;
  const { services, openGraphWriter } = createOperationServices({
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
          services,
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
  const { starts } = context;
  const recurringWork: readonly RecurringWork[] = [
    {
      name: 'collection of artifacts',
      lookEveryMs: MINUTE_MS,
      work: (signal) => collectArtifacts({ log: ledger.log, primary, logger }, signal),
    },
    {
      name: 'removal of ended exports',
      lookEveryMs: MINUTE_MS,
      work: () => removeEndedExportsWhenDue({ primary, logger }),
    },
    {
      name: 'daily checks of connections',
      lookEveryMs: 10 * MINUTE_MS,
      work: () => startDailyChecks({ starts, directory, primary, chance, logger }),
    },
  ];
  for (const { name, lookEveryMs, work } of recurringWork)
    await parts.add(
      name,
      () => {
        const passes = new Periodic(name, lookEveryMs, async (signal) => void (await work(signal)), {
          clock,
          logger,
        });
        passes.start();
        return passes;
      },
      (passes) => passes.stop(),
    );
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
