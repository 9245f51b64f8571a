import type { RunRow } from '../hub/run-order.js';
import type { UsualDuration } from '../hub/usual-durations.js';
import { count, duration } from './format.js';

/**
 * How many times the median a slow run takes. Where all runs take nearly the same time, one that exceeds most of them
 * by a moment isn't slow.
 */
const SLOW_FACTOR = 1.5;

/** How much longer than the median a slow run takes at least. People don't notice less. */
const SLOW_BY_MS = 5_000;

type TimesOfRun = Pick<RunRow, 'bucket' | 'started_at' | 'created_at' | 'finished_at'>;

/** Whether a run takes, or took, noticeably longer than 95 % of the runs of its type. */
export function isSlow(run: TimesOfRun, usual: UsualDuration | undefined, now: number): boolean {
  if (!usual || run.bucket === 'queued') return false;
  const took = (run.finished_at ?? now) - (run.started_at ?? run.created_at);
  const { medianMs, mostMs } = usual;
  return took > mostMs && took > medianMs * SLOW_FACTOR && took > medianMs + SLOW_BY_MS;
}

/**
 * "Longer than usual: half of the last 50 runs of its type that succeeded took up to 12 s, 95 % up to 40 s."; null for a
 * run that isn't slow.
 */
export function slowInWords(run: TimesOfRun, usual: UsualDuration | undefined, now: number): string | null {
  if (!usual || !isSlow(run, usual, now)) return null;
  const { runs, medianMs, mostMs } = usual;
  return (
    `Longer than usual: half of the last ${count(runs, 'run')} of its type that succeeded took up to ` +
    `${duration(medianMs)}, 95 % up to ${duration(mostMs)}.`
  );
}
