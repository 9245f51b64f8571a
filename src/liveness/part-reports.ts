import type { Logger } from 'pino';
import type { Clock } from '../clock.js';
import { Periodic } from '../timing/periodic.js';

/**
 * The parts that report: each process by its roles, and the dispatcher, the watchdog and the scheduler of all
 * processes.
 */
const PARTS = ['web', 'worker', 'projector', 'dispatcher', 'watchdog', 'scheduler'] as const;
export type PartName = (typeof PARTS)[number];

/** What a part reports about itself, which is also its sign of life. */
export interface PartReport {
  readonly part: PartName;
  /** Unique among the running parts of this kind. */
  readonly name: string;
  readonly appVersion: string;
  /** The operation types that a worker takes; undefined for other parts. */
  readonly types?: readonly string[] | undefined;
  readonly runsInHand?: number | undefined;
  /** What prevents it from working, in words. */
  readonly trouble?: string | undefined;
}

/** The last report of a part, and its age by the database's clock, milliseconds. */
export interface LastPartReport extends PartReport {
  readonly silentMs: number;
}

/** The last reports of all running parts. */
export interface PartReports {
  /** Writes a part's report over its last one. */
  put(report: PartReport): Promise<void>;
  /** Removes the report of a part that stops. */
  remove(part: PartName, name: string): Promise<void>;
  list(): Promise<readonly LastPartReport[]>;
  /** Removes reports, verdicts, waiting times and signs of life that were not renewed for a day. */
  clearOld(): Promise<void>;
}

/** A part without a report for so long counts as gone, milliseconds. */
export const PART_SILENT_AFTER_MS = 15_000;
/** An operation type that no worker has reported for so long is shown as a problem, milliseconds. */
export const TYPE_SILENT_AFTER_MS = 120_000;
const REPORT_EVERY_MS = 3_000;

/** Writes the reports of this process's parts every few seconds. */
export function reportPeriodically(
  deps: { readonly store: PartReports; readonly clock: Clock; readonly logger: Logger },
  reports: () => readonly PartReport[],
): Periodic {
  return new Periodic(
    'reports of the parts',
    REPORT_EVERY_MS,
    async () => {
      for (const report of reports()) await deps.store.put(report);
    },
    deps,
  );
}
