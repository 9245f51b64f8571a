import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { EventLog, StoredEvent } from '../../src/ledger/event-log.js';

/** When the process dies: before the append is sent, while its outcome is unknown, or after its answer. */
export const DEATHS = ['before', 'during', 'after'] as const;
export type Death = (typeof DEATHS)[number];

/** The correlation id of a run whose first worker dies at its `nth` append. */
export const deathCorrelationId = (death: Death, nth: number): string => `die ${death} ${nth}`;

/**
 * A log with which the process kills itself at the append that a run's correlation id names, once for each run.
 * `folder` remembers the runs whose worker has died.
 */
export function diesAtAppends(log: EventLog, folder: string): EventLog {
  const appendsOfRun = new Map<string, number>();
  return {
    ...log,
    async append(stream, events, expected) {
      const { runId = '' } = events[0]?.metadata ?? {};
      const due = deathOf(events[0], appendsOfRun);
      const mark = join(folder, `died-${runId}`);
      if (due === undefined || existsSync(mark)) return log.append(stream, events, expected);
      writeFileSync(mark, due);
      if (due === 'before') return die();
      const appending = log.append(stream, events, expected);
      if (due === 'during') return die();
      await appending;
      return die();
    },
  };
}

function deathOf(event: StoredEvent | undefined, appendsOfRun: Map<string, number>): Death | undefined {
  const { $correlationId = '', attempt, runId = '' } = event?.metadata ?? {};
  const [word, death, nth] = $correlationId.split(' ');
  if (word !== 'die' || attempt !== '1') return undefined;
  const count = (appendsOfRun.get(runId) ?? 0) + 1;
  appendsOfRun.set(runId, count);
  return count === Number(nth) ? DEATHS.find((one) => one === death) : undefined;
}

function die(): Promise<never> {
  process.kill(process.pid, 'SIGKILL');
  return new Promise(() => undefined);
}
