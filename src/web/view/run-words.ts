import { type ReasonCode, reasonCode } from '../../runs/reason-codes.js';
import { BUCKET_LABELS } from '../../runs/status-bucket.js';
import type { RunRow } from '../hub/run-order.js';
import { count, duration, number, type TimeFrame, timeOfDay } from './format.js';

/** The text after a title in a row: how the run ended, or what it is doing. */
export function rowDetail(run: RunRow, time: TimeFrame): string {
  if (run.bucket === 'queued') return '';
  if (run.bucket === 'running') {
    return waitWords(run, time) ?? run.note ?? '';
  }
  if (run.reason) return run.reason;
  return run.first_failure ?? run.summary ?? '';
}

/** Why a run may wait. The meanings of reason codes describe failures, so waits have their own words. */
const WAITS: Readonly<Record<string, string>> = {
  graph_throttled: 'Graph asked to slow down',
  graph_unavailable: 'Graph or Entra does not answer at the moment',
};

/** "waits until 14:02:31: Graph asked to slow down", or null for a run that doesn't wait. */
function waitWords(run: RunRow, time: TimeFrame): string | null {
  const { waiting_reason_code: code, waiting_until: until } = run;
  if (!code || until === null || until <= time.now) return null;
  const why = Object.hasOwn(WAITS, code) ? WAITS[code] : meaningOf(code).replace(/\.$/, '');
  return `waits until ${timeOfDay(until, time, time.now)}${why ? `: ${why}` : ''}`;
}

/** How long a run took or has been running, in words. */
export function tookWords(run: RunRow, now: number): string {
  if (run.bucket === 'queued') return `waiting ${duration(now - run.created_at)}`;
  const from = run.started_at ?? run.created_at;
  if (run.finished_at === null) return duration(now - from);
  return duration(run.finished_at - from);
}

/** A run described in one or two sentences. */
export function runSentence(run: RunRow, time: TimeFrame): string {
  const what = itemsInWords(run);
  switch (run.bucket) {
    case 'queued':
      return 'Waiting for a worker to take it.';
    case 'running': {
      const wait = waitWords(run, time);
      return sentence([what, wait ? `It ${wait}` : (run.note ?? 'A worker is carrying it out')]);
    }
    case 'succeeded':
      return sentence([run.summary, what]);
    case 'partially_succeeded':
      return sentence([run.summary, what, firstFailure(run)]);
    case 'failed':
      return sentence([run.reason ?? meaningOf(run.reason_code ?? ''), what, firstFailure(run)]);
  }
}

/** How many items of an ended run were not processed. */
export const unprocessed = (run: RunRow): number =>
  run.finished_at === null || run.total === null ? 0 : Math.max(0, run.total - run.processed);

function itemsInWords(run: RunRow): string {
  if (run.processed === 0 && run.finished_at !== null)
    return run.total ? `None of ${count(run.total, 'item')} was reached.` : '';
  if (run.processed === 0) return run.total ? `${count(run.total, 'item')} to go.` : '';
  const parts = [
    run.succeeded > 0 ? `${number(run.succeeded)} succeeded` : '',
    run.failed > 0 ? `${number(run.failed)} failed` : '',
    run.skipped > 0 ? `${number(run.skipped)} skipped` : '',
    unprocessed(run) > 0 ? `${number(unprocessed(run))} not reached` : '',
  ].filter((part) => part !== '');
  const processed = `${number(run.processed)}${run.finished_at === null ? ' so far' : ''}`;
  const of = run.total === null ? processed : count(run.total, 'item');
  return `Of ${of}, ${parts.join(', ')}.`;
}

const firstFailure = (run: RunRow): string =>
  run.first_failure ? `First to fail: ${run.first_failure}` : '';

const sentence = (parts: readonly (string | null)[]): string =>
  parts
    .filter((part): part is string => part !== null && part !== '')
    .map((part) => (/[.!?…]$/.test(part) ? part : `${part}.`))
    .join(' ');

type AddedCodes = Readonly<Record<string, ReasonCode>>;

/** The meaning of a reason code. `added`: the codes of operation types. */
export const meaningOf = (code: string, added?: AddedCodes): string => reasonCode(code, added)?.meaning ?? '';

/** What a person can do about a reason code. */
export const adviceOf = (code: string, added?: AddedCodes): string => reasonCode(code, added)?.advice ?? '';

/** The title of a run for the page's title. */
export const runTitle = (run: RunRow): string => `${run.title} (${BUCKET_LABELS[run.bucket]})`;
