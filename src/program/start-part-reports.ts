import { appVersion } from '../app-version.js';
import { createPartReports } from '../db/part-reports.js';
import { reportPeriodically } from '../liveness/part-reports.js';
import { Periodic } from '../timing/periodic.js';
import type { ProgramContext } from './program-context.js';

const CLEAR_EVERY_MS = 60 * 60_000;

/** Writes the reports of this process's parts, and removes old signs of life of processes that have ended. */
export async function startPartReports(context: ProgramContext): Promise<void> {
  const { parts, infrastructure, clock, logger, partReports, processName: name } = context;
  const store = createPartReports(infrastructure.primary);
  const reports = () => partReports.map((report) => ({ ...report(), name, appVersion }));
  const reporting = reportPeriodically({ store, clock, logger }, reports);
  const clearing = new Periodic('old signs of life', CLEAR_EVERY_MS, () => store.clearOld(), {
    clock,
    logger,
  });
  await parts.add(
    'reports of the parts',
    () => {
      reporting.start();
      clearing.start();
    },
    async () => {
      await Promise.all([reporting.stop(), clearing.stop()]);
      for (const { part } of reports())
        await store
          .remove(part, name)
          .catch((error: unknown) => logger.debug({ err: error }, 'the report of a part was not removed'));
    },
  );
}
