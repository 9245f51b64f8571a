import { BUCKET_LABELS } from '../../runs/status-bucket.js';
import { queuePlace } from '../hub/queue-place.js';
import type { RunAsOf, UnreadEvent } from '../hub/run-as-of.js';
import { lastBeat } from '../hub/run-detail.js';
import type { RunRow } from '../hub/run-order.js';
import { usualDurations } from '../hub/usual-durations.js';
import { waitReasons } from '../view/queue-words.js';
import { adviceOf, meaningOf, runSentence, tookWords } from '../view/run-words.js';
import { isSilent } from '../view/silence.js';
import { slowInWords } from '../view/slow-words.js';
import { type Moments, momentsAround, stepsOf } from './moment.js';
import type { PageRead } from './page.js';

/** The part above every page of a run. */
export interface RunHeader {
  readonly run: RunRow;
  readonly bucketLabel: string;
  readonly sentence: string;
  /** For a run that failed as a whole: what its reason code means and what to do. */
  readonly meaning: string | null;
  readonly advice: string | null;
  /** For a queued run: why it waits. */
  readonly waits: readonly string[];
  readonly took: string;
  /** The same as part of a sentence about an earlier moment. */
  readonly tookThen: string;
  /** How long such runs usually take, for a run that takes or took longer. */
  readonly slow: string | null;
  /** Last sign of life of a running run, milliseconds since 1970. */
  readonly beatAt: number | null;
  readonly isSilent: boolean;
  /** Address of the run's own page. */
  readonly base: string;
  readonly mayReadHistory: boolean;
  /** The moment that is shown, or null for the present. */
  readonly asOf: (Pick<RunAsOf, 'at' | 'revision' | 'number'> & { readonly of: number }) | null;
  /** Set when the moment of the address can't be shown; the page then shows the present. */
  readonly unread?: UnreadEvent;
  /** Events of the run as it is now. */
  readonly events: number;
  /** Moments that the page links to. */
  readonly moments: Moments;
  readonly steps: ReturnType<typeof stepsOf>;
}

/** The header of a run as it is now, or as it was at `then`. */
export async function headerOf(read: PageRead<unknown>, present: RunRow, then?: RunAsOf): Promise<RunHeader> {
  const { db, time, access, addedCodes, runtime } = read;
  const run = then?.run ?? present;
  const now = then?.at ?? time.now;
  const code = run.bucket === 'failed' ? run.reason_code : null;
  const { ports } = runtime.deps;
  const operation = ports.starts.types.find(({ type }) => type === run.type);
  const waits = run.bucket === 'queued' && !then;
  const [beatAt, slow] = await Promise.all([
    run.bucket === 'running' && !then ? lastBeat(db, run.run_id) : null,
    then ? null : slowness(read, run),
  ]);
  const moments = momentsAround(present, then);
  return {
    run,
    bucketLabel: BUCKET_LABELS[run.bucket],
    sentence: runSentence(run, { ...time, now }),
    meaning: code && meaningOf(code, addedCodes),
    advice: code && adviceOf(code, addedCodes),
    waits: waits
      ? waitReasons(
          { type: run.type, carriedOutBy: operation?.carriedOutBy },
          ports.status(),
          await queuePlace(db, run),
        )
      : [],
    took: tookWords(run, now),
    tookThen: tookThenWords(run, tookWords(run, now)),
    slow,
    beatAt,
    isSilent: isSilent(beatAt, time.now),
    base: `/t/${access.tenant.slug}/runs/${run.run_id}`,
    mayReadHistory: access.allows('history.read'),
    asOf: then ? { at: then.at, revision: then.revision, number: then.number, of: present.events } : null,
    events: present.events,
    moments,
    steps: stepsOf(moments),
  };
}

async function slowness({ db, time }: PageRead<unknown>, run: RunRow): Promise<string | null> {
  if (run.bucket === 'queued') return null;
  const usual = (await usualDurations(db, [run.type], run.queued_position)).get(run.type);
  return slowInWords(run, usual, time.now);
}

function tookThenWords(run: RunRow, took: string): string {
  if (run.bucket === 'running') return `running ${took}`;
  return run.finished_at === null ? took : `took ${took}`;
}
