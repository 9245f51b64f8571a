import { BUCKET_LABELS } from '../../runs/status-bucket.js';
import { lastBeats } from '../hub/run-detail.js';
import { NO_FILTERS } from '../hub/run-filters.js';
import { listRuns } from '../hub/run-list.js';
import type { RunRow } from '../hub/run-order.js';
import { NO_SEARCH } from '../hub/run-search.js';
import { usualDurations } from '../hub/usual-durations.js';
import { cutMiddle } from '../view/cut-middle.js';
import { daysDiffer, shortTime, timeBesideDay } from '../view/format.js';
import { barOf, barText } from '../view/progress-bar.js';
import { rowDetail, tookWords } from '../view/run-words.js';
import { isSilent } from '../view/silence.js';
import { slowInWords } from '../view/slow-words.js';
import type { PageRead } from './page.js';

/** The data that the row template needs for each run. */
export async function rowViews(
  { db, time }: Pick<PageRead<unknown>, 'db' | 'time'>,
  runs: readonly RunRow[],
) {
  const running = runs.filter((run) => run.bucket === 'running');
  const [beats, usual] = await Promise.all([
    lastBeats(
      db,
      running.map(({ run_id }) => run_id),
    ),
    usualDurations(db, [...new Set(running.map(({ type }) => type))]),
  ]);
  return runs.map((run) => ({
    id: `run-${run.queued_position}`,
    run,
    bucketLabel: BUCKET_LABELS[run.bucket],
    detail: rowDetail(run, time),
    took: tookWords(run, time.now),
    at: run.created_at,
    when: shortTime(run.created_at, time),
    title: cutMiddle(run.title),
    bar: barOf(run),
    done: barText(run),
    beatAt: beats.get(run.run_id) ?? null,
    /** How long such runs usually take, for a running one that takes longer. */
    slow: run.bucket === 'running' ? slowInWords(run, usual.get(run.type), time.now) : null,
    isSilent: isSilent(beats.get(run.run_id) ?? null, time.now),
  }));
}
export type RunRowView = Awaited<ReturnType<typeof rowViews>>[number];

/** A row with the time that it is listed by. Its day is the heading above it. */
export const listedAt = (row: RunRowView, at: number, { time }: Pick<PageRead<unknown>, 'time'>) => ({
  ...row,
  at,
  when: timeBesideDay(at, time),
});

/** Rows with the time that they are listed by. The first row of each day has its day. */
export function withDays(
  rows: readonly RunRowView[],
  timeOf: (run: RunRow) => number,
  read: Pick<PageRead<unknown>, 'time'>,
) {
  let before: number | undefined;
  return rows.map((row) => {
    const at = timeOf(row.run);
    const day = daysDiffer(at, before, read.time) ? at : null;
    before = at;
    return { ...listedAt(row, at, read), day };
  });
}

/** The members among the initiators of runs, or of what runs left. */
export const peopleOf = (
  started: readonly { readonly initiator_kind: string | null; readonly initiator_id: string | null }[],
): readonly string[] =>
  started.flatMap(({ initiator_kind: kind, initiator_id: id }) =>
    kind === 'member' && id !== null ? [id] : [],
  );

/** Most queued and most running runs of a type that a page shows above its list. */
const ACTIVE_SHOWN = 10;

/** Queued and running runs of a type, newest first. */
export async function activeRunsOfType({ db, time }: PageRead<unknown>, type: string) {
  const active = await Promise.all(
    (['running', 'queued'] as const).map((bucket) => {
      const filters = { ...NO_FILTERS, type: [type], bucket: [bucket] };
      return listRuns(db, { filters, search: NO_SEARCH, time }, { limit: ACTIVE_SHOWN });
    }),
  );
  return active.flatMap(({ rows }) => rows);
}
