import { Periodic } from '../timing/periodic.js';
import { collectArtifacts } from './artifact-collection.js';
import { startDailyChecks } from './daily-checks.js';
import { removeEndedExportsWhenDue } from './export-removal.js';
import type { ProgramContext } from './program-context.js';

const MINUTE_MS = 60_000;

/** Work that is done by one process when it is due; every worker process checks whether it is. */
interface RecurringWork {
  readonly name: string;
  readonly lookEveryMs: number;
  work(signal: AbortSignal): Promise<unknown>;
}

/** Starts the work that recurs every few hours or days. */
export async function startRecurringWork(context: ProgramContext): Promise<void> {
  const { parts, infrastructure, directory, starts, clock, chance, logger } = context;
  const { ledger, primary } = infrastructure;
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
  for (const { name, lookEveryMs, work } of recurringWork) {
    const pass = async (signal: AbortSignal) => void (await work(signal));
    const passes = new Periodic(name, lookEveryMs, pass, { clock, logger });
    await parts.add(
      name,
      () => passes.start(),
      () => passes.stop(),
    );
  }
}
