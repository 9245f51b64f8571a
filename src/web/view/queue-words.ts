import { TYPE_SILENT_AFTER_MS } from '../../liveness/part-reports.js';
import type { SystemStatus } from '../ports/status.js';
import { count, number } from './format.js';

/** A tenant's queue, seen from one of its queued runs. */
export interface QueuePlace {
  /** How many runs of the tenant were queued before this one and still wait, counted up to a limit. */
  readonly before: number;
  /** The limit of that count. */
  readonly countedMax: number;
  /** How many runs of the tenant workers carry out at the moment. */
  readonly running: number;
}

/** Why a queued run waits, in words, the most serious reason first (R10). */
export function waitReasons(
  { type, carriedOutBy }: { readonly type: string; readonly carriedOutBy: 'worker' | 'producer' | undefined },
  { parts, workers }: Pick<SystemStatus, 'parts' | 'workers'>,
  place: QueuePlace,
): readonly string[] {
  const reasons: string[] = [];
  const bus = parts['command bus'];
  if (bus && bus.state !== 'ok') reasons.push(`The command bus can’t be reached: ${bus.detail}.`);
  if (carriedOutBy === 'producer')
    reasons.push('A program outside carries this type out; it has not claimed the run yet.');
  else {
    const heard = workers.filter(({ silentMs }) => silentMs <= TYPE_SILENT_AFTER_MS);
    const taking = heard.filter(({ types }) => types.includes(type));
    if (heard.length === 0)
      reasons.push('No worker gives a sign of life. Start one, or look at the health page.');
    else if (taking.length === 0)
      reasons.push(`No worker for ${type} has given a sign of life for 2 min. Look at the health page.`);
    else
      reasons.push(
        workersInWords(
          taking.length,
          taking.reduce((sum, { runsInHand }) => sum + runsInHand, 0),
        ),
      );
  }
  if (place.before > 0)
    reasons.push(
      `${place.before > place.countedMax ? `More than ${number(place.countedMax)} runs` : count(place.before, 'run')} of this tenant ${place.before === 1 ? 'was' : 'were'} queued before it.`,
    );
  if (place.running > 0)
    reasons.push(`This tenant has ${count(place.running, 'run')} at work; tenants take turns.`);
  return reasons;
}

function workersInWords(workers: number, runs: number): string {
  const heard = workers === 1 ? 'One worker takes' : `${number(workers)} workers take`;
  return runs === 0
    ? `${heard} this type and ${workers === 1 ? 'has' : 'have'} nothing in hand: it should begin in a moment.`
    : `${heard} this type and ${workers === 1 ? 'has' : 'have'} ${count(runs, 'run')} in hand.`;
}
