import { z } from 'zod';
import { number } from '../../wording/number-words.js';
import { isSameOperation, runBefore } from '../hub/comparable-runs.js';
import { findingsOfRun } from '../hub/finding-list.js';
import type { RunAsOf } from '../hub/run-as-of.js';
import {
  itemReasons,
  type ReasonGroup,
  type RunLinkRow,
  relatedOf,
  timelineEvents,
} from '../hub/run-detail.js';
import { attemptEvents, momentMarks } from '../hub/run-moments.js';
import type { RunRow } from '../hub/run-order.js';
import { queryOf } from '../query-of.js';
import type { TenantAccess } from '../request-identity.js';
import { readableRuns } from '../run-visibility.js';
import { attemptsOf } from '../view/attempts.js';
import { findingGroups } from '../view/finding-groups.js';
import { barOf } from '../view/progress-bar.js';
import { adviceOf, meaningOf, runTitle, unprocessed } from '../view/run-words.js';
import { isSilent } from '../view/silence.js';
import { placeOnTimeline, timelineInWords, timelineOf } from '../view/timeline.js';
import type { WebRuntime } from '../web-runtime.js';
import { momentSchema } from './moment.js';
import type { PageRead } from './page.js';
import { givenOf, type RunGiven } from './run-given.js';
import type { RunHeader } from './run-header.js';
import { runPage } from './run-page.js';
import { peopleOf } from './run-rows.js';

/** Most findings on a run's own page; the drift page has all of them. */
const FINDINGS_SHOWN = 100;
/** The width of the progress bar, in units of its SVG. */
const OVERVIEW_BAR_WIDTH = 480;
const overviewQuery = z.object({ at: momentSchema });

/** A run: its input, its timeline and attempts, its counts, why items failed, and related links (H4). */
export const runOverviewPage = runPage<z.infer<typeof overviewQuery>>({
  path: '/runs/:run',
  template: 'pages/run-overview',
  query: overviewQuery,
  momentOf: ({ at }) => at,
  async load(read, run, header, then) {
    const overview = await overviewOf(read, run, header, then);
    return {
      title: runTitle(header.run),
      view: { header, tab: 'overview', ...overview },
      people: [...peopleOf([run]), ...overview.people],
    };
  },
  async fragments(read, run, header) {
    const overview = await overviewOf(read, run, header);
    return {
      fragments: [
        { target: 'run-overview', template: 'partials/run-overview', view: { header, ...overview } },
      ],
      people: overview.people,
    };
  },
});

async function overviewOf(read: PageRead<unknown>, present: RunRow, header: RunHeader, then?: RunAsOf) {
  const { db, access, addedCodes, runtime } = read;
  const run = then?.run ?? present;
  const until = { position: run.last_position, at: run.last_at };
  const hasEnded = run.finished_at !== null;
  const showsFindings = run.type === 'drift.generate' && access.allows('features.read') && hasEnded;
  const [related, reasons, findings, before, given, strip, attempts] = await Promise.all([
    relatedOf(db, run, readableRuns(access), then && until),
    then?.reasons ?? itemReasons(db, run.run_id),
    showsFindings ? findingsOfRun(db, run.run_id, { limit: FINDINGS_SHOWN }) : { rows: [], next: null },
    access.allows('hub.read') && hasEnded ? runBefore(db, run) : undefined,
    givenOf(read, run),
    stripOf(read, present, header, then),
    attemptEvents(db, run.run_id, run.last_revision),
  ]);
  const own = related.own.map((link) => ({ ...link, href: hrefOf(link, runtime, access) }));
  const produced = own.filter(({ relation }) => relation === 'produced');
  return {
    run,
    base: `/t/${access.tenant.slug}`,
    given: given.fields,
    givenNothing: nothingInWords(given, runtime, run.type),
    produced,
    hasResult: Boolean(run.summary) || produced.length > 0,
    totalText: totalText(run),
    ...strip,
    attempts: attemptsOf(attempts),
    unprocessed: unprocessed(run),
    reasons: reasonSections(reasons, addedCodes, then),
    bar: barOf(run, OVERVIEW_BAR_WIDTH),
    groups: findingGroups(findings.rows),
    findingsLink: findings.next === null ? 'Acknowledge them on the drift page' : 'All findings of this run',
    own,
    incoming: related.incoming,
    causedBy: related.causedBy,
    caused: related.caused,
    asks: related.asks,
    isAlone:
      related.causedBy === null &&
      [own, related.incoming, related.caused, related.asks].every(({ length }) => length === 0),
    before,
    isSameOperation: before !== undefined && isSameOperation(before, run),
    people: peopleOf(related.asks),
  };
}

/** The words in place of the input of a run without one. */
function nothingInWords({ isRecorded }: RunGiven, { deps }: WebRuntime, type: string): string {
  if (!isRecorded) return 'not recorded';
  return deps.ports.starts.types.find((known) => known.type === type)?.withoutInput ?? 'nothing';
}

function totalText({ total, finished_at }: RunRow): string {
  if (total !== null) return number(total);
  return finished_at === null ? 'not counted yet' : '–';
}

/** The reasons of failed and of skipped items, each kind with its heading. A kind without items is left out. */
function reasonSections(
  reasons: readonly ReasonGroup[],
  addedCodes: PageRead<unknown>['addedCodes'],
  then: RunAsOf | undefined,
) {
  return (['failed', 'skipped'] as const).flatMap((outcome) => {
    const groups = reasons
      .filter((group) => group.outcome === outcome)
      .map((group) => ({
        ...group,
        /** Query of the list of its items. */
        query: queryOf({ outcome, reason: group.reason_code, at: then?.revision }),
        named: group.labels.join(', '),
        more: group.items - group.labels.length,
        meaning: meaningOf(group.reason_code, addedCodes),
        advice: adviceOf(group.reason_code, addedCodes),
      }));
    return groups.length === 0 ? [] : [{ outcome, heading: REASON_HEADINGS[outcome], groups }];
  });
}

const REASON_HEADINGS = { failed: 'Failures by reason', skipped: 'Skipped by reason' } as const;

/** The timeline of the whole run with the marks of its events and the position of the shown moment. */
async function stripOf({ db, time }: PageRead<unknown>, run: RunRow, header: RunHeader, then?: RunAsOf) {
  const { beatAt } = header;
  const { events, completeFrom } = await timelineEvents(db, run);
  const silentSince = isSilent(beatAt, time.now) ? beatAt : null;
  const timeline = timelineOf(events, time.now, silentSince);
  return {
    timeline: timeline && timelineInWords(timeline),
    timelineFrom: completeFrom,
    bucketNow: run.bucket,
    marks: timeline
      ? (await momentMarks(db, run)).map((mark) => ({ ...mark, x: placeOnTimeline(timeline, mark.at) }))
      : [],
    offersReplay: header.asOf === null && header.moments.previous !== null,
    shownX: timeline && then ? placeOnTimeline(timeline, then.at) : null,
  };
}

/** The address of a related link inside the tenant, or null when there is no page or the person may not see it. */
function hrefOf(link: RunLinkRow, { pages }: WebRuntime, access: TenantAccess): string | null {
  // The page of a run is open to everybody who may read runs; the links to runs need the list's capability besides.
  if (link.target_kind === 'run')
    return access.allows('hub.read') ? `/runs/${encodeURIComponent(link.target_id)}` : null;
  for (const { linkTargets, capability } of pages) {
    const target = linkTargets?.[link.target_kind];
    if (target) return access.allows(capability) ? target(link) : null;
  }
  return null;
}
